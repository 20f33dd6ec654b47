"""What a run needs beside its data: imports, precision, a loop, and files of weights."""
import os
import re

from mmengine.runner import CheckpointLoader

from ...errors import UsageError, require_counts
from ...weights.files import explain_absent
from .. import optim
from .parts import backbones_of, listed


def check_imports(config):
    """The config imports vpt_mm."""
    if 'vpt_mm' not in (config.get('custom_imports') or {}).get('imports', ()):
        raise UsageError("the config does not import vpt_mm, so OpenMMLab's own tools could not build it: vpt-mm "
                         f"prompt {config.filename or 'CONFIG'} makes a prompted config of one that is not; where it "
                         "is, add the line custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)")


def check_precision(config):
    """Mixed precision has a GPU."""
    wrapper = (config.get('optim_wrapper') or {}).get('type', '')
    if 'Amp' in str(wrapper):
        optim.require_gpu(wrapper)


def check_whole(config):
    """A training has data, a loop and an optimizer."""
    absent = [name for name in ('train_dataloader', 'train_cfg', 'optim_wrapper') if not config.get(name)]
    if absent:
        raise UsageError(f"a training needs train_dataloader, train_cfg and optim_wrapper, and the config has no "
                         f"{', '.join(absent)}: inherit a config that trains.")


def check_length(loop):
    """A training of at least one step."""
    require_counts(**{f'train_cfg.{name}': loop.get(name, 1) for name in ('max_iters', 'max_epochs')})


def check_checkpoint(path):
    """The file to resume from or to test is there."""
    if path is not None and is_local(str(path)) and not os.path.isfile(os.path.expanduser(path)):
        raise UsageError(explain_absent(str(path)))


def check_weights(config):
    """The files that backbones' ``init_cfg`` name are there, unless random weights are allowed."""
    if any(hook.get('allow_random_backbone') for hook in config.get('custom_hooks') or ()):
        return
    for place, backbone in backbones_of(config.model).items():
        sources = [recipe.get('checkpoint') for recipe in listed(backbone.get('init_cfg'))]
        source = next(filter(None, reversed(sources)), None)
        if source is not None and is_local(source) and not os.path.isfile(os.path.expanduser(source)):
            raise UsageError(
                f'no pretrained weights at {source}: put the file of the backbone there, or name another with '
                f'--cfg-options {place}.init_cfg.checkpoint=PATH. mmpretrain lists its files with `mim search '
                'mmpretrain`. To try the run on random weights: --cfg-options '
                'custom_hooks.0.allow_random_backbone=True')


def is_local(checkpoint):
    """Whether mmengine would take this checkpoint from disk."""
    return not any(prefix and re.match(prefix, checkpoint) for prefix in CheckpointLoader._schemes)
