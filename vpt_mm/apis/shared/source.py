"""Which backbone to serve, and where its weights are: what the user says, and of a file only what it describes."""
import os
import re

from ...config_file import read_config_file
from ...errors import UsageError, telling
from ...models import PromptedViT
from ...models.weightless import build_weightless
from ...tasks.build import backbone_config
from ...tasks.from_config import describe_backbone
from ...tasks.task_file import names_of, read_task

TIMM = re.compile(r'timm://[\w.]+')
LARGEST = 1_500_000_000  # weights of a backbone that a file describes, where the size of their file is not known


def backbone_of(source, checkpoint=None):
    """The config of a backbone to share, whose ``init_cfg`` says where its weights are.

    A config is the user's own and may name any place. A task file may come from anywhere: the weights that it names
    are taken if they are timm's, by a name that timm has, and no path or address out of a file is ever opened.

    Args:
        source: config file (*.py) or config with the backbone; or a task file, or a checkpoint that serves.
        checkpoint: the weights; needed for a file that does not name timm's, and in place of those of a config.

    Raises:
        UsageError: no backbone, no weights, or a backbone of more weights than there are.
    """
    given = checkpoint and dict(type='Pretrained', checkpoint=str(checkpoint))
    if is_task_file(source):
        task, _ = read_task(source)
        config = _without_prompts(backbone_config(task['model'], tuning=False))
        given = given or dict(type='Pretrained', checkpoint=_timm_name(task, source))
        _require_room(config, given['checkpoint'], source)
        return dict(config, init_cfg=given)
    config = read_config_file(source) if isinstance(source, (str, os.PathLike)) else source
    backbone = (config.get('model') or {}).get('backbone')
    if not backbone:
        raise UsageError(f'a config with model.backbone is needed, got {type(source).__name__} without one.')
    return dict(_without_prompts(_as_tasks_say_it(dict(backbone))), init_cfg=given or backbone.get('init_cfg'))


def _without_prompts(backbone):
    """The config of a backbone that gives no means of prompts: it has none of its own, and each task reads its own."""
    return dict(backbone, out_type='raw') if backbone.get('out_type') in PromptedViT.POOLED else backbone


def is_task_file(source):
    """Whether this is the path of a task file, or of a checkpoint: of anything but a config."""
    return isinstance(source, (str, os.PathLike)) and not str(source).endswith('.py')


def _timm_name(task, source):
    name = names_of(task['base'])
    if TIMM.fullmatch(name):
        return name
    raise UsageError(f'{source} names the weights of its backbone as {name!r}, and a place that a file names is not '
                     'opened: say where they are on this machine, by checkpoint=FILE (--checkpoint FILE).')


def _require_room(config, weights, source):
    """Raise UsageError before memory is taken for more weights than there can be."""
    with telling(f'{source} describes a backbone that cannot be built'):
        count = sum(one.numel() for one in build_weightless(dict(config, tuning=None)).parameters())
    most = os.path.getsize(weights) if os.path.isfile(weights) else LARGEST
    if count > most:
        raise UsageError(f'{source} describes a backbone of {count:,} weights, more than there can be in {weights}.')


def _as_tasks_say_it(backbone):
    """The config in the words of task files, so that the two compare; as it is where these have no words for it."""
    try:
        return {**backbone, **backbone_config(dict(backbone=describe_backbone(backbone)), tuning=False)}
    except UsageError:
        return backbone
