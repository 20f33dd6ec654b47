"""What the last OpenMMLab releases need, most of it on a current torch, one function a break.

Every function does nothing where nothing is broken.
"""
import importlib
import importlib.util
import os
import re
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import torch


def mend_all():
    """Mend what is broken in this environment; imported OpenMMLab modules work afterwards."""
    require_mmcv()
    mend_torchvision()
    mend_mmcv_lite()
    mend_checkpoint_loading()
    mend_config_text()
    spare_mmdet()


def mend_torchvision():
    """Declare the operators that torchvision registers fakes for, if its compiled library does not load.

    Transforms and models then import; calling a compiled operator still raises.
    """
    spec = importlib.util.find_spec('torchvision')
    if spec is None or 'torchvision' in sys.modules:
        return
    try:
        for compiled in Path(str(spec.origin)).parent.glob('_C.*'):  # as torchvision itself does
            torch.ops.load_library(str(compiled))
            return
    except OSError:
        pass  # built for another torch
    # The library object owns the definitions: without a reference they are withdrawn.
    mend_torchvision.library = library = torch.library.Library('torchvision', 'DEF')  # type: ignore[attr-defined]
    library.define('nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
    library.define('qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')


def require_mmcv():
    """Raise one clear ImportError where neither mmcv nor mmcv-lite is installed."""
    if importlib.util.find_spec('mmcv') is None:
        raise ImportError('vpt_mm needs mmcv: run `pip install mmcv-lite==2.1.0` (no compiler needed), '
                          'or build the full `mmcv==2.1.0`.')


class _MissingOps(ModuleType):
    """Stands for the compiled operators that mmcv-lite does not have."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)

        def missing(*args, **kwargs):
            raise NotImplementedError(f'{name} is a compiled operator and mmcv-lite has none: '
                                      'replace mmcv-lite by the full mmcv==2.1.0.')

        return missing


def mend_mmcv_lite():
    """Let ``mmcv.ops`` import under mmcv-lite; an operator raises when it is called."""
    name = 'mmcv._ext'
    if name in sys.modules or importlib.util.find_spec(name) is not None:
        return
    stub = _MissingOps(name)
    # mmengine takes a spec without a loader as "the operators are not there".
    stub.__spec__ = ModuleSpec(name, loader=None)
    sys.modules[name] = stub


def _history_statistic(owner, name):
    """The getattr that a pickled ``HistoryBuffer`` needs, and no other."""
    from mmengine.logging import HistoryBuffer
    if owner is HistoryBuffer and name in ('min', 'max', 'current', 'mean'):
        return getattr(owner, name)
    raise ValueError(f'a checkpoint asks for attribute {name!r} of {owner!r}, which is not allowed.')


def mend_checkpoint_loading():
    """Let ``torch.load(weights_only=True)`` read what mmengine writes beside tensors.

    The pickles refer to ``builtins.getattr``; it is replaced by one that knows four methods of
    ``HistoryBuffer``.
    """
    import numpy as np
    from mmengine.logging import HistoryBuffer
    try:
        from numpy._core import multiarray
    except ImportError:  # numpy < 2
        from numpy.core import multiarray  # type: ignore[no-redef]
    dtypes = {type(np.dtype(kind)) for kind in '?bhilqBHILQefdUS'}
    # numpy names itself numpy.core up to 1.26 and numpy._core after: files of both are met.
    moved = [(getattr(multiarray, name), f'numpy.{core}.multiarray.{name}')
             for name in ('_reconstruct', 'scalar') for core in ('core', '_core')]
    torch.serialization.add_safe_globals(
        [HistoryBuffer, np.ndarray, np.dtype, *dtypes, *moved, (_history_statistic, 'builtins.getattr')])


def spare_mmdet():
    """Import mmpretrain's models without mmdet, which they would load whole, for seconds, for the sake of one layer.

    Where mmdet is not installed, mmpretrain goes without that layer. So mmdet is hidden while its models are imported,
    and the layer, which is in the config of a single detector, is defined when a config asks for it.
    """
    if {'mmdet', 'mmpretrain.models'} & sys.modules.keys() or importlib.util.find_spec('mmdet') is None:
        return
    sys.modules['mmdet'] = None  # an import of it fails, as if it were not installed
    try:
        import mmpretrain.models  # noqa: F401
    finally:
        del sys.modules['mmdet']
    from mmengine.registry import MODELS
    MODELS.register_module(name='ResLayerExtraNorm', module=_res_layer_extra_norm)


def _res_layer_extra_norm(**config):
    """The layer, from mmpretrain's own file: executed again, now that mmdet can be imported, it defines it."""
    module = importlib.reload(importlib.import_module('mmpretrain.models.utils.res_layer_extra_norm'))
    return module.ResLayerExtraNorm(**config)
def mend_config_text():
    """Let paths and names with quotes and backslashes into configs.

    mmengine pastes the values of ``{{$NAME:default}}`` and ``{{ fileDirname }}`` into the text of a config as they are.
    Here they are escaped, as in a string, where the variable stands in one; ``{{'$NAME:default'}}`` stands for a whole
    expression, and its value stays an expression.
    """
    from mmengine.config import Config
    from mmengine.logging import print_log
    variable = re.compile(r'\{\{(?P<quote>[\'"]?)\s*\$(?P<name>\w+)\s*:\s*(?P<default>\S*?)\s*[\'"]?\}\}')

    def escaped(value):
        return re.sub(r'([\\\'"])', r'\\\1', value).replace('\n', '\\n')

    def substitute(filename, target, pattern, value_of):
        with open(filename, encoding='utf-8') as file:
            text = file.read()
        with open(target, 'w', encoding='utf-8') as file:
            file.write(pattern.sub(value_of, text))

    def substitute_variables(filename, temp_config_name):
        found = {}

        def value_of(match):
            name, value = match['name'], os.environ.get(match['name'], match['default'])
            if name in os.environ and name not in found:
                found[name] = value
                print_log(f'The config has {value} for {{{{${name}}}}}, from the environment.', logger='current')
            if not value:
                raise KeyError(f'{name} is not set in the environment, and the config has no default for it')
            return value if match['quote'] else escaped(value)

        substitute(filename, temp_config_name, variable, value_of)
        return found

    def substitute_places(filename, temp_config_name):
        folder, name = os.path.split(filename)
        stem, ending = os.path.splitext(name)
        places = dict(fileDirname=folder, fileBasename=name, fileBasenameNoExtension=stem, fileExtname=ending)
        substitute(filename, temp_config_name, re.compile(r'\{\{\s*(' + '|'.join(places) + r')\s*\}\}'),
                   lambda match: escaped(places[match[1]]))

    Config._substitute_env_variables = staticmethod(substitute_variables)
    Config._substitute_predefined_vars = staticmethod(substitute_places)


def mend_scipy():
    """Give scipy its ``interp2d`` back, by which BEiT's positions are resized in mmpretrain and mmseg.

    On a grid it was this spline, says scipy's own page on how to do without. It is asked for when it is needed: scipy
    takes long to import.
    """
    from scipy import interpolate
    try:
        interpolate.interp2d(range(4), range(4), [[0.] * 4] * 4, kind='cubic')
    except (AttributeError, NotImplementedError):
        interpolate.interp2d = _spline_on_grid


def _spline_on_grid(columns, rows, values, *, kind):
    """The function that a cubic spline through ``values``, (rows, columns), is of new columns and rows."""
    from scipy.interpolate import RectBivariateSpline
    degree = dict(linear=1, cubic=3)[kind]
    spline = RectBivariateSpline(rows, columns, values, kx=degree, ky=degree)
    return lambda new_columns, new_rows: spline(new_rows, new_columns)
