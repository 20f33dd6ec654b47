"""Turn a config of OpenMMLab's into a prompted one: a small file that inherits it and states the differences."""
import logging
import os
from pathlib import Path

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.utils import import_modules_from_strings

from ..config_file import read_config_file
from ..errors import UsageError
from ..files import require_writable, write_whole
from ..models.weightless import build_weightless
from .backbone import counterpart

KEPT_OF_WRAPPER = ('clip_grad', 'accumulative_counts', 'loss_scale')
PYTHON = '.py'


def prompt_config(source, *, tuning, checkpoint=None, out=None):
    """Write the prompted config; returns its path.

    Args:
        source: a config file, or 'package::path' of an installed package's.
        tuning: config of a tuning method.
        checkpoint: pretrained weights of the backbone; by default those that the config names.
        out: file to write; by default the name of the source with ``_prompted``, in its folder (for a package's, in
            the working directory).

    Raises:
        UsageError: no such config, no backbone that can be prompted, a tuning method that is unknown or does not
            fit, or a file that exists.
    """
    config, base = _read(source)
    out = Path(out or _default_name(source))
    if out.suffix != PYTHON:
        raise UsageError(f'a config is a {PYTHON} file, got {out}.')
    if out.exists():
        raise UsageError(f'{out} exists and is left as it is: choose another --out.')
    require_writable(out)
    if '::' in source:
        config.setdefault('default_scope', source.partition('::')[0])
    text = _write_text(config, base if '::' in source else os.path.relpath(base, out.parent or '.'), tuning, checkpoint)
    write_whole(text.encode(), out)
    return out


def _read(source):
    """The whole config and what ``_base_`` calls it."""
    if '::' not in source and not os.path.isfile(source):
        raise UsageError(f'no config file at {source}. Those of a package are named as in _base_: '
                         'mmseg::segmenter/segmenter_vit-b_mask_8xb1-160k_ade20k-512x512.py')
    if '::' not in source:
        return read_config_file(source, import_custom_modules=False), source
    try:
        return Config.fromstring(f'_base_ = [{source!r}]\n', PYTHON), source
    except (FileNotFoundError, ModuleNotFoundError, AssertionError, ValueError) as error:
        raise UsageError(f'{source} is not among the configs of an installed package: {error}') from None


def _default_name(source):
    stem = Path(source.rpartition('::')[2])
    name = f'{stem.stem}_prompted{PYTHON}'
    return Path(name) if '::' in source else stem.with_name(name)


def _write_text(config, base, tuning, checkpoint):
    backbone = _prompted_backbone(config, tuning, checkpoint)
    note = ''
    if 'init_cfg' not in backbone:
        note = ('# The config names no pretrained weights, and without them no training starts: set the\n'
                "# backbone's init_cfg=dict(type='Pretrained', checkpoint=...).\n")
        print_log(note.replace('# ', '').strip(), level=logging.WARNING)
    imports = (config.get('custom_imports') or {}).get('imports') or []
    imports = [imports] if isinstance(imports, str) else list(imports)
    changes = dict(
        custom_imports=dict(imports=[*imports, 'vpt_mm'], allow_failed_imports=False),
        model=dict(**_model(config.model), backbone=backbone),
        optim_wrapper=_optim_wrapper(config.get('optim_wrapper') or {}),
        default_hooks=dict(checkpoint=dict(type='PromptCheckpointHook')),
        custom_hooks=[dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook'),
                      *(config.get('custom_hooks') or [])])
    return (f"# {tuning['type']} in a frozen backbone, for the config that this one inherits. The learning rate is\n"
            f'# still that of training everything: prompts usually want a larger one.\n{note}_base_ = [{base!r}]\n'
            + Config(changes).pretty_text)


def _model(theirs):
    """What differs around the backbone."""
    differs = {'pretrained': None} if theirs.get('pretrained') else {}
    if theirs.get('type') == 'EncoderDecoder':
        differs['type'] = 'mmseg.EncoderDecoder'  # without its scope, mmseg's init_model drops the backbone's init_cfg
    return differs


def _prompted_backbone(config, tuning, checkpoint):
    backbone = (config.get('model') or {}).get('backbone')
    if not isinstance(backbone, dict):
        raise UsageError('the config has no model.backbone, which is what is prompted.')
    _import(config)
    made = counterpart(backbone, scope=config.get('default_scope', 'mmengine'))
    recipes = made.pop('init_cfg', None) or []
    pretrained = [recipe for recipe in ([recipes] if isinstance(recipes, dict) else recipes)  # others are of no use
                  if recipe.get('type') == 'Pretrained' and recipe.get('checkpoint')]
    named = checkpoint or config.model.get('pretrained') or backbone.get('pretrained')
    if named or pretrained:
        made['init_cfg'] = dict(type='Pretrained', checkpoint=named) if named else pretrained[-1]
    # What can't be built is told here.
    build_weightless({**made, 'init_cfg': None, 'tuning': tuning})
    return dict(_delete_=True, **made, tuning=tuning)


def _import(config):
    """The packages whose scopes the config names."""
    imports = (config.get('custom_imports') or {}).get('imports') or []
    import_modules_from_strings([*([imports] if isinstance(imports, str) else imports)])
    scope = config.get('default_scope')
    if scope and scope != 'mmengine':
        import_modules_from_strings([f'{scope}.models'])


def _optim_wrapper(theirs):
    """Their optimizer, for what trains; rules about single layers of the backbone have nothing to rule."""
    kind = 'AmpPromptOptimWrapper' if 'Amp' in str(theirs.get('type')) else 'PromptOptimWrapper'
    made = dict(_delete_=True, type=kind, constructor='PromptOptimWrapperConstructor',
                optimizer=theirs.get('optimizer') or dict(type='SGD', lr=0.01, momentum=0.9))
    made.update({key: theirs[key] for key in KEPT_OF_WRAPPER if key in theirs})
    heads = {key: value for key, value in ((theirs.get('paramwise_cfg') or {}).get('custom_keys') or {}).items()
             if 'head' in key or 'neck' in key}
    if heads:
        made['paramwise_cfg'] = dict(custom_keys=heads)
    return made
