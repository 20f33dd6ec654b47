"""Each mend, and that it does nothing where nothing is broken."""
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

import vpt_mm.compat as compat
from vpt_mm.weights.families.bias_tables import resize_bias_table

ROOT = Path(__file__).parents[1]


def run_python(code):
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=ROOT)


def test_torchvision_and_everything_built_on_it_import():
    import mmpretrain.models  # noqa: F401  (the imports are the test)
    import mmseg.models  # noqa: F401  (the imports are the test)
    import timm  # noqa: F401  (the imports are the test)
    import torchvision
    assert torchvision.transforms.functional.hflip(torch.arange(3)[None, None]).tolist() == [[[2, 1, 0]]]


def test_mmdet_is_loaded_when_a_config_asks_for_it():
    """And with it the layer of mmpretrain's for which mmpretrain would have loaded it."""
    pytest.importorskip('mmdet', reason='mmdet is not installed (the extra `det`)')
    ended = run_python(
        'import sys, vpt_mm\n'
        'from mmengine.registry import MODELS, DefaultScope\n'
        'print(sorted({"mmdet", "matplotlib", "pandas", "sklearn", "timm"} & sys.modules.keys()))\n'
        'with DefaultScope.overwrite_default_scope("mmdet"):\n'
        '    layer = dict(type="ResLayerExtraNorm", depth=50, norm_cfg=dict(type="BN"))\n'
        '    built = [type(MODELS.build(layer)) for _ in range(2)]\n'
        'from mmdet.registry import MODELS\n'
        'print(MODELS.get("RetinaNet"), built == [MODELS.get("ResLayerExtraNorm")] * 2)\n')
    assert ended.stdout == "[]\n<class 'mmdet.models.detectors.retinanet.RetinaNet'> True\n", ended.stderr


def test_a_torchvision_that_works_is_left_alone():
    import torchvision
    compat.mend_torchvision()
    assert sys.modules['torchvision'] is torchvision


def test_mmcv_that_is_missing_is_one_sentence():
    ended = run_python(
        'import importlib.util, sys\n'
        'found = importlib.util.find_spec\n'
        'importlib.util.find_spec = lambda name, *rest: None if name == "mmcv" else found(name, *rest)\n'
        'import vpt_mm')
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1].startswith('ImportError: vpt_mm needs mmcv: run `pip install')


def test_mmcv_lite_operators_raise_when_called_and_full_ones_are_kept():
    operators = importlib.import_module('mmcv._ext')
    if isinstance(operators, compat._MissingOps):
        with pytest.raises(NotImplementedError, match='nms is a compiled operator'):
            operators.nms()
    else:
        assert operators.__file__
    compat.mend_mmcv_lite()
    assert sys.modules['mmcv._ext'] is operators


def test_mmengine_agrees_on_which_mmcv_it_is():
    from mmengine.utils.dl_utils.misc import mmcv_full_available
    operators = importlib.import_module('mmcv._ext')
    assert mmcv_full_available() == (not isinstance(operators, compat._MissingOps))


def test_what_mmengine_writes_beside_tensors_can_be_read(tmp_path):
    history = HistoryBuffer([1., 2., 4.], [1, 1, 1])
    content = dict(history=history, array=np.arange(3, dtype=np.int32), scalar=np.float64(2.5), flag=np.bool_(True))
    torch.save(content, tmp_path / 'hub.pth')
    read = torch.load(tmp_path / 'hub.pth', weights_only=True)
    assert read['history'].mean() == pytest.approx(7 / 3)
    assert read['history']._statistics_methods['max'](read['history']) == 4
    assert read['array'].tolist() == [0, 1, 2] and read['scalar'] == 2.5 and read['flag']


class Attack:
    """Asks for an attribute that no checkpoint needs."""

    def __reduce__(self):
        return getattr, (HistoryBuffer, '__init__')


def test_the_real_getattr_is_never_allowed(tmp_path):
    torch.save(Attack(), tmp_path / 'attack.pth')
    with pytest.raises(Exception, match="asks for attribute '__init__'"):
        torch.load(tmp_path / 'attack.pth', weights_only=True)


def test_positions_are_resized_as_on_a_scipy_of_then():
    from mmpretrain.models.utils import resize_relative_position_bias_table
    compat.mend_scipy()
    table = torch.randn(7 * 7, 2)
    resized = resize_relative_position_bias_table(7, 11, table, 2)
    torch.testing.assert_close(resized, resize_bias_table(table, 11 * 11))
