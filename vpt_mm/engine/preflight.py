"""Checks of a config before anything is built: what would stop a run later stops it here, in one sentence."""
from mmengine.registry import init_default_scope

from ..files import require_folder
from .checks.batches import check_single_images, check_sizes
from .checks.channels import check_channels
from .checks.data import check_data
from .checks.files import Reader
from .checks.heads import check_ignored, check_link, check_mixing, check_names_agree, is_by_name
from .checks.losses import check_losses
from .checks.metrics import check_metrics, check_watched
from .checks.names import check_model_arguments, check_names, check_optimizer_arguments
from .checks.outputs import check_outputs
from .checks.parts import leaves
from .checks.run import check_checkpoint, check_imports, check_length, check_precision, check_weights, check_whole
from .checks.run_parts import check_run_parts
from .checks.schedule import check_schedule

__all__ = ['check_config', 'check_data', 'check_names']


def check_config(config, *, phases):
    """Raise UsageError for the first rule that the config breaks, and warn of what may be meant so.

    Args:
        config: mmengine ``Config``.
        phases: of 'train', 'val' and 'test', those that will run.
    """
    check_imports(config)
    check_precision(config)
    require_folder(config.work_dir, 'choose another --work-dir')
    check_checkpoint(config.get('load_from'))
    init_default_scope(config.get('default_scope', 'mmengine'))
    check_model_arguments(config)
    check_link(config)
    check_run_parts(config, phases)
    if 'train' in phases:
        check_whole(config)
        check_length(config.get('train_cfg') or {})
        check_optimizer_arguments(config)
    found = check_all_data(config, phases)
    check_agreement(config, phases, found)
    if 'train' in phases:
        check_weights(config)


def check_all_data(config, phases):
    """{phase: (names of the classes, entries of the files)} of the data, each None where it is not known."""
    found, read = {}, []
    for phase in phases:
        loader = config.get(f'{phase}_dataloader')
        if loader:
            found[phase] = check_data(loader['dataset'], config.model, phase=phase, read=read)
    if not is_by_name(config.model):
        check_names_agree({phase: classes for phase, (classes, _) in found.items()})
    return found


def check_agreement(config, phases, found):
    """Heads, losses, metrics and the schedule agree with the data.

    Args:
        found: as :func:`check_all_data` returns it.
    """
    check_ignored(config)
    for phase, (classes, samples) in found.items():
        dataset = next(leaves(config[f'{phase}_dataloader']['dataset']))
        if samples and all('img_path' in sample for sample in samples):
            check_sizes(config, phase, samples, dataset.get('most_pixels'))
        if phase != 'train' and config.get(f'{phase}_evaluator'):
            names = check_metrics(config, phase, classes=classes, masks=bool(Reader(dataset).masks))
            if phase == 'val' and 'train' in phases and names:
                check_watched(config, names)
    if 'test' in found and found['test'][1]:
        check_outputs(config, [sample['img_path'] for sample in found['test'][1] if 'img_path' in sample],
                      drawn=_draws(config))
    if 'train' in found:
        images = len(found['train'][1]) if found['train'][1] is not None else None
        check_channels(config)
        check_mixing(config)
        check_losses(config)
        check_single_images(config, images)
        check_schedule(config, images=images)


def _draws(config):
    hook = (config.get('default_hooks') or {}).get('visualization') or {}
    return bool(hook.get('draw') or hook.get('enable'))
