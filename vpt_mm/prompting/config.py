"""Turn a config of OpenMMLab's into a prompted one: a small file that inherits it and states the differences."""
import logging
import os
import re
from pathlib import Path

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.utils import import_modules_from_strings

from ..config_file import read_config_file
from ..errors import UsageError, did_you_mean, did_you_mean_beside, telling
from ..files import require_writable, write_whole
from ..lazy_config import is_lazy
from ..models.tuned import count_tuned
from ..models.weightless import build_weightless
from .backbone import counterpart
from .places import changes_at, find_backbone
from .shipped import LIBRARIES, shipped_file, shipped_names
from .trial import image_size, import_scope, try_backbone

KEPT_OF_WRAPPER = ('clip_grad', 'accumulative_counts', 'loss_scale')
PYTHON = '.py'
INHERITED = re.compile(r'\w*::\w*/\w*')  # what mmengine takes for an address in a package
UNSCOPED = ('EncoderDecoder', 'MultimodalEncoderDecoder')
OF_ONE_FILE = ('text_encoder', 'decode_head')  # beside the image encoder, where a model has an encoder of text


def prompt_config(source, *, tuning, backbone=None, checkpoint=None, out=None):
    """Write the prompted config, and build it as it is read back, without weights; returns its path.

    Args:
        source: a config file, or 'package::path' of an installed package's.
        tuning: config of a tuning method.
        backbone: path of the backbone in the model, such as 'detector.backbone'; by default that which there is.
        checkpoint: pretrained weights of the backbone; by default those that the config names.
        out: file to write; by default the name of the source with ``_prompted``, in its folder (for a package's, in
            the working directory).

    Raises:
        UsageError: no such config, no backbone that can be prompted, several and no path of one, a tuning method that
            is unknown or does not fit, a file that exists, or a whole model that can't be built, for which no file
            is left.
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
    if base is not None and '::' not in source:
        base = os.path.relpath(base, out.parent or '.')
    write_whole(_write_text(config, base, tuning, backbone, checkpoint).encode(), out)
    try:
        counts = _count_written(out)
    except BaseException:
        out.unlink()
        raise
    print_log(f'{out} was read back, and its model built without weights: {counts.tuned:,} of {counts.total:,} '
              'parameters learn.')
    return out


def _count_written(path):
    with telling(f'{path} was removed, since what it says cannot be built'):
        config = Config.fromfile(path)
        return count_tuned(build_weightless(config.model, scope=config.get('default_scope')))


def _read(source):
    """The whole config and what ``_base_`` calls it: None for what can't be inherited, which is written out whole.

    That is a config in pure Python, and one of a package in a folder such as ``gn+ws``, which mmengine can't address.
    """
    if '::' not in source and not os.path.isfile(source):
        raise UsageError(f'no config file at {source}.{did_you_mean_beside(source)} Those of a package are named as in '
                         '_base_: mmseg::segmenter/segmenter_vit-b_mask_8xb1-160k_ade20k-512x512.py')
    if '::' not in source:
        config = read_config_file(source, import_custom_modules=False)
        return config, None if is_lazy(source) else source
    library, _, name = source.partition('::')
    if library in LIBRARIES and not INHERITED.match(source) and shipped_file(library, name).is_file():
        return Config.fromfile(shipped_file(library, name), import_custom_modules=False), None
    try:
        return Config.fromstring(f'_base_ = [{source!r}]\n', PYTHON), source
    except (FileNotFoundError, ModuleNotFoundError, AssertionError, ValueError) as error:
        raise UsageError(f"{source} is not among the configs of an installed package: {str(error).rstrip('.')}."
                         f'{_near(library, name)}') from None


def _near(library, name):
    if library not in LIBRARIES:
        return did_you_mean(library, LIBRARIES)
    return did_you_mean(f'{library}::{name}', [f'{library}::{one}' for one in shipped_names(library)], likeness=0.8)


def _default_name(source):
    stem = Path(source.rpartition('::')[2])
    name = f'{stem.stem}_prompted{PYTHON}'
    return Path(name) if '::' in source else stem.with_name(name)


def _write_text(config, base, tuning, path, checkpoint):
    place, made = prompt_backbone(config, tuning, path, checkpoint)
    note = ''
    if 'init_cfg' not in made:
        note = ('# The config names no pretrained weights, and without them no training starts: set the\n'
                "# backbone's init_cfg=dict(type='Pretrained', checkpoint=...).\n")
        print_log(note.replace('# ', '').strip(), level=logging.WARNING)
    imports = (config.get('custom_imports') or {}).get('imports') or []
    imports = [imports] if isinstance(imports, str) else list(imports)
    changes = dict(
        custom_imports=dict(imports=[*imports, 'vpt_mm'], allow_failed_imports=False),
        model=model_changes(config.model, place.path, dict(made, tuning=tuning)),
        optim_wrapper=_optim_wrapper(config.get('optim_wrapper') or {}),
        default_hooks=dict(checkpoint=dict(type='PromptCheckpointHook')),
        custom_hooks=[dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook'),
                      *(config.get('custom_hooks') or [])])
    head = f"# {tuning['type']} in a frozen backbone, for the config that this one "
    rates = '# still that of training everything: prompts usually want a larger one.\n'
    if base is None:
        config.merge_from_dict(changes)
        return f'{head}was made of. The learning rate is\n{rates}{note}{config.pretty_text}'
    return f'{head}inherits. The learning rate is\n{rates}{note}_base_ = [{base!r}]\n{Config(changes).pretty_text}'


def model_changes(theirs, path, made):
    """What differs in the model: the backbone, and who reads the weights that the model names for all of its parts.

    Args:
        theirs: config of the model.
        path: of the backbone in it.
        made: config of the prompted backbone.
    """
    differs = changes_at(theirs, path, made)
    if theirs.get('type') in UNSCOPED:
        # Without its scope, mmseg's init_model drops the backbone's init_cfg.
        differs['type'] = f"mmseg.{theirs['type']}"
    owner, _, _ = path.rpartition('.')
    for part, change in _along(theirs, differs, owner):
        if isinstance(part.get('pretrained'), str):
            change['pretrained'] = None
            for name in OF_ONE_FILE if 'text_encoder' in part else ():
                change[name] = dict(init_cfg=dict(type='Pretrained_Part', checkpoint=part['pretrained']))
    return differs


def _along(part, change, path):
    """The parts of a model above a backbone, and what is stated about each."""
    yield part, change
    for key in filter(None, path.split('.')):
        part, change = (one[int(key)] if isinstance(one, (list, tuple)) else one[key] for one in (part, change))
        if isinstance(part, dict):
            yield part, change


def prompt_backbone(config, tuning, path=None, checkpoint=None):
    """The place of a config's backbone, and the config of the prompted one without its tuning method.

    Args:
        config: mmengine ``Config`` of a whole model, whose packages are imported.
        tuning: config of a tuning method, with which it is tried.
        path: of the backbone in the model; that which there is by default.
        checkpoint: its weights; those that the config names by default.

    Raises:
        UsageError: no backbone that can be prompted, several and no path, or a method that does not fit.
    """
    _import(config)
    if not isinstance(config.get('model'), dict):
        raise UsageError('the config has no model.backbone, so there is nothing that can be prompted.')
    scope = config.get('default_scope') or 'mmengine'
    place = find_backbone(config.model, path, scope=scope)
    made = counterpart(place.backbone, scope=scope)
    try_backbone(made, tuning, scope=scope, size=image_size(config))
    source = _weights(config.model, place, made.pop('init_cfg', None), checkpoint)
    if source is not None:
        made['init_cfg'] = source
    return place, made


def _weights(model, place, recipes, checkpoint):
    """``init_cfg`` of the backbone: recipes other than a pretrained model are of no use to what is frozen."""
    pretrained = [recipe for recipe in ([recipes] if isinstance(recipes, dict) else recipes or [])
                  if recipe.get('type') == 'Pretrained' and recipe.get('checkpoint')]
    owners = [part for part, _ in _along(model, model, place.path.rpartition('.')[0])]
    of_all = next((part for part in reversed(owners) if isinstance(part.get('pretrained'), str)), {})
    named = checkpoint or of_all.get('pretrained') or _own_weights(place.backbone)
    if not named:
        return pretrained[-1] if pretrained else None
    made = dict(type='Pretrained', checkpoint=named)
    if not checkpoint and 'text_encoder' in of_all:
        made['prefix'] = place.path.rpartition('.')[2]
    return made


def _own_weights(backbone):
    """Those that the backbone itself names; mmpretrain's TIMMBackbone takes timm's of its name."""
    if isinstance(backbone.get('pretrained'), str):
        return backbone['pretrained']
    return f"timm://{backbone['model_name']}" if backbone.get('pretrained') and 'model_name' in backbone \
        else backbone.get('checkpoint_path')


def _import(config):
    """The packages whose scopes the config names."""
    imports = (config.get('custom_imports') or {}).get('imports') or []
    import_modules_from_strings([*([imports] if isinstance(imports, str) else imports)])
    import_scope(config.get('default_scope'))


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
