"""What a run of a sweep reached."""
from argparse import Namespace

from mmengine.logging import MessageHub

from vpt_mm.sweep.execute import scores_of


def test_a_stream_with_one_test_set_of_all_tasks():
    """As of CORe50: no task has accuracies of its own, from which forgetting could be told."""
    hub = MessageHub('stream')
    hub.update_info('accuracies', [[40.], [60.], [80.]])
    assert scores_of(Namespace(message_hub=hub)) == dict(
        metrics={'average accuracy': 80., 'average incremental accuracy': 60.}, average_incremental_accuracy=60.,
        accuracies=[[40.], [60.], [80.]])
