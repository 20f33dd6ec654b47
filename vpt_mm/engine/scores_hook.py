"""CheckScoresHook: scores that are not finite stop a validation or test, which would count them as the first class."""
import torch
from mmengine.hooks import Hook

from ..errors import UsageError

# In the samples of mmseg, mmpretrain and mmdet.
SCORES = (('seg_logits', 'data'), ('pred_score',), ('pred_instances', 'scores'))


class CheckScoresHook(Hook):
    """Looks at the scores of every image.

    Raises:
        UsageError: NaN or infinite scores, with the name of the image.
    """

    def after_val_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        for sample in outputs or ():
            if not all(torch.isfinite(scores).all() for scores in _scores(sample)):
                raise UsageError(f'the model gives NaN or infinite scores for {sample.get("img_path") or "an image"}: '
                                 'its weights are broken, or half precision is too narrow for them: store the '
                                 'backbone without frozen_dtype, or in bfloat16.')

    after_test_iter = after_val_iter


def _scores(sample):
    for path in SCORES:
        found = sample
        for name in path:
            found = getattr(found, name, None)
        if isinstance(found, torch.Tensor) and found.is_floating_point():
            yield found
