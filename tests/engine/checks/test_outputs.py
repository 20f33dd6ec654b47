"""No prediction of a test is written over another."""
import pytest

from vpt_mm.engine.checks.outputs import check_outputs
from vpt_mm.errors import UsageError

TWO = ['a/1.jpg', 'b/1.jpg', 'b/2.jpg']


@pytest.mark.parametrize('paths, evaluator, drawn, told', [
    (TWO, dict(type='IoUMetric'), False, None), (TWO[1:], dict(type='IoUMetric', output_dir='masks'), True, None),
    (TWO, dict(type='IoUMetric', output_dir='masks'), False, 'a/1.jpg, b/1.jpg have one name'),
    (TWO, [dict(type='IoUMetric')], True, 'have one name'),
    (['1.jpg', '1.png'], dict(type='IoUMetric', output_dir='masks'), False, '1.jpg, 1.png have one name'),
    (['1.jpg', '1.png'], dict(type='IoUMetric'), True, None), ([], dict(output_dir='masks'), True, None)])
def test_names_of_outputs(paths, evaluator, drawn, told):
    config = dict(test_evaluator=evaluator)
    if told is None:
        check_outputs(config, paths, drawn=drawn)
        return
    with pytest.raises(UsageError, match=told):
        check_outputs(config, paths, drawn=drawn)
