"""The ten lines of the README, and the programs of the page on plain PyTorch."""
import importlib.util

import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

from tests import served
from tests.docs.pages import ROOT
from tests.plain.modules import photo
from tests.runs import BACKBONE
from vpt_mm.apis import TaskInferencer

SMALL = 'vit_tiny_patch16_224.augreg_in21k'  # in place of a ViT-B


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Folders of two classes with two photos each, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ('cat', 'dog'):
        (tmp_path / 'photos' / name).mkdir(parents=True)
        for number in (1, 2):
            Image.fromarray(photo(number)).save(tmp_path / 'photos' / name / f'{number}.jpg')
    return tmp_path / 'photos'


def block_of(page):
    text = (ROOT / page).read_text()
    start = text.index('```python\nimport torch\n') + len('```python\n')
    return text[start:text.index('```', start)]


def test_ten_lines_from_a_name_to_a_prediction(photos, monkeypatch, capsys):
    block = block_of('README.md')
    assert block == block_of('docs/plain_pytorch.md')
    assert len([line for line in block.splitlines() if line and 'import' not in line]) <= 10
    save_file(timm.create_model(SMALL.partition('.')[0]).state_dict(), 'base.safetensors')
    monkeypatch.setattr('vpt_mm.weights.timm._cached_file', lambda config: 'base.safetensors')
    scope = {}
    exec(block.replace('vit_base_patch16_224.augreg_in21k', SMALL), scope)
    assert f'{12 * 10 * 192:,} prompts + {2 * 192 + 2} head' in capsys.readouterr().out
    model = scope['model'].eval()
    found, = TaskInferencer('pets.safetensors', device='cpu')('photos/cat/1.jpg', return_datasamples=True)
    with torch.no_grad():
        assert torch.equal(found.pred_score, model(model.transform('photos/cat/1.jpg')[None]).softmax(1)[0])


@pytest.mark.parametrize('name, package, options', [
    ('bare_loop', 'torch', {}), ('lightning_loop', 'lightning', dict(trainer=dict(
        accelerator='cpu', logger=False, enable_checkpointing=False, enable_progress_bar=False))),
    ('accelerate_loop', 'accelerate', {})])
def test_a_program_trains_and_what_it_leaves_serves(name, package, options, photos, tmp_path):
    pytest.importorskip(package, reason=f'{package} is not installed: pip install {package}')
    weights = served.save_base(tmp_path / 'base.pth')
    spec = importlib.util.spec_from_file_location(name, ROOT / 'docs/examples' / f'{name}.py')
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    file = program.train(photos, tmp_path / 'out', BACKBONE, epochs=2, checkpoint=weights, **options)
    found, = TaskInferencer(file, checkpoint=weights, device='cpu')(str(photos / 'cat/1.jpg'))['predictions']
    assert found['pred_class'] in ('cat', 'dog') and found['task'] == 'task'
