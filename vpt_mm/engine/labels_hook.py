"""CheckLabelsHook: labels outside the classes stop the run with the name of the file."""
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from ..errors import UsageError
from ..models.openmmlab import heads_in

OTHER_LABELS = ('STDCHead', )  # that learn something else than the data's classes: edges


@HOOKS.register_module()
class CheckLabelsHook(Hook):
    """Looks at every batch's labels before the model does.

    A class index beyond a head's classes ends in a device-side assert on a GPU, and is dropped without a
    word by mmseg's IoU metric; here it is an error that names the image.

    Raises:
        UsageError: a label outside 0..classes-1 of a head that does not ignore it.
    """

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.check(runner, data_batch)

    before_val_iter = before_test_iter = before_train_iter

    def check(self, runner, data_batch):
        samples, limits = (data_batch or {}).get('data_samples') or (), _limits(runner.model)
        for sample in samples if limits else ():
            labels = _labels(sample)
            for classes, ignored in limits if labels is not None else ():
                wrong = labels[((labels < 0) | (labels >= classes)) & (True if ignored is None else labels != ignored)]
                if len(wrong):
                    file = sample.get('seg_map_path') or sample.get('img_path') or 'an image'
                    raise UsageError(f'labels must be 0..{classes - 1}'
                                     + (f' or {ignored} (ignored)' if ignored is not None else '')
                                     + f', got {int(wrong[0])} in {file}. Check num_classes, the dataset class and '
                                       'reduce_zero_label.')


def _limits(model):
    """{(number of classes, ignored label or None)} of a segmentor's or classifier's heads, auxiliary ones as well."""
    return {(head.num_classes, getattr(head, 'ignore_index', None)) for head in heads_in(model).values()
            if getattr(head, 'num_classes', None) and type(head).__name__ not in OTHER_LABELS}


def _labels(sample):
    """The flat integer labels of a data sample, or None."""
    if isinstance(sample, (list, tuple)):
        sample = sample[0]
    if 'gt_sem_seg' in sample:
        return sample.gt_sem_seg.data.reshape(-1)
    if 'gt_label' in sample and not sample.gt_label.is_floating_point():
        return sample.gt_label.reshape(-1)
    return None
