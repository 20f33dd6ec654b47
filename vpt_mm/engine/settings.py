"""The settings of a run beside those of the checkpoint that it goes on from: what differs, and what that means."""
import re

from ..errors import UsageError, some
from ..tasks.config_text import read_config

# What may change: the run goes on under the new value. A schedule is then the new one from its first step on.
SCHEDULE = re.compile(r'train_cfg\.(?!(type|by_epoch)$)|param_scheduler|optim_wrapper\.optimizer\.(?!type$)')
JUDGEMENT = re.compile(r'val_dataloader\.dataset|val_evaluator|default_hooks\.checkpoint\.(save_best|rule)')
OTHER = re.compile(r'custom_hooks|optim_wrapper\.clip_grad')
# What must stay, because it made the checkpoint what it is.
FIXED = re.compile(r'model|data_preprocessor|train_dataloader|train_cfg|optim_wrapper|randomness|auto_scale_lr')
# Of all these: where data lie, which does not say what they are; and what changes no result, or is checked by itself.
PLACES = re.compile(r'\.(data_root|ann_file|data_prefix|img_path|seg_map_path)(\.|$)')
IDLE = re.compile(r'\.(num_workers|persistent_workers|pin_memory|prefetch_factor|with_cp)$|^model\.test_cfg|'
                  r'\.init_cfg\.checkpoint$|^custom_hooks\.\d+\.interval$')
NONE = 'nothing'


def compare_settings(meta, config, *, explicit):
    """What is to be said of settings that differ.

    Args:
        meta: of the checkpoint.
        config: of the run that goes on, mmengine ``Config``.
        explicit: the checkpoint was named, and data may lie elsewhere than they did.

    Returns:
        dict: {name, with dots: (the checkpoint's value, the run's)} of those that the run goes on under.

    Raises:
        UsageError: settings differ without which the checkpoint would be another one.
    """
    if not meta.get('cfg') or 'seed' not in meta:  # a file of another kind, which other rules refuse
        return {}
    try:
        before, now = read_config(meta['cfg']), read_config(config.pretty_text)
    except UsageError:
        return {}  # more than plain values are in one of them, which nothing compares
    before['randomness'] = dict(before.get('randomness') or {}, seed=meta.get('seed'))
    if not config.get('val_evaluator'):  # this run validates nothing
        before = {name: value for name, value in before.items() if not name.startswith('val_')}
        now = {name: value for name, value in now.items() if not name.startswith('val_')}
    changes = {name: change for name, change in differences(before, now).items() if not IDLE.search(name)}
    new = {name: change for name, change in changes.items()
           if any(rule.match(name) for rule in (SCHEDULE, JUDGEMENT, OTHER)) or (explicit and PLACES.search(name))}
    fixed = {name: change for name, change in changes.items() if FIXED.match(name) and name not in new}
    if fixed:
        raise UsageError(
            f'the checkpoint is of a run with other settings: {describe(fixed)}. Resume under those that it had, which '
            'are in the config in its work dir; or start another run, in a --work-dir of its own and, for these '
            'weights, with --cfg-options load_from=CHECKPOINT'
            + ('.' if explicit else '. For the same data at another place, name the checkpoint: --resume CHECKPOINT.'))
    return new


def describe(changes):
    """'lr was 0.1 and is 0.2 now', for the first few."""
    return some([f'{name} was {_short(before)} and is {_short(now)} now' for name, (before, now) in changes.items()], 5)


def differences(before, now, name=''):
    """{name, with dots: (before, now)} of all that differs in two values of dicts, lists and plain values."""
    if isinstance(before, dict) and isinstance(now, dict):
        pairs = {key: (before.get(key, NONE), now.get(key, NONE)) for key in [*before, *now]}
    elif isinstance(before, (list, tuple)) and isinstance(now, (list, tuple)) and len(before) == len(now):
        pairs = {str(index): pair for index, pair in enumerate(zip(before, now))}
    else:
        return {} if before == now else {name: (before, now)}
    found = {}
    for key, (one, other) in pairs.items():
        found.update(differences(one, other, f'{name}.{key}' if name else str(key)))
    return found


def _short(value):
    text = str(value)
    return text if len(text) <= 60 else f'{text[:57]}...'
