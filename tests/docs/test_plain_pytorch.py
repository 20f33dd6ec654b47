"""The ten lines of the README, and the programs of the page on plain PyTorch."""
import importlib.util

import pytest
import timm
import torch
from mmengine.registry import MODELS, DefaultScope
from PIL import Image
from safetensors.torch import save_file

from tests import served
from tests.docs.pages import ROOT
from tests.plain.modules import Net, photo, shaken
from tests.runs import BACKBONE
from vpt_mm.apis import TaskInferencer
from vpt_mm.errors import UsageError
from vpt_mm.plain import adapt
from vpt_mm.plain.names import find

SMALL, DEIT = 'vit_tiny_patch16_224.augreg_in21k', 'deit-tiny_4xb256_in1k'  # in place of a ViT-B


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


def run_block(*replaced, **scope):
    """Run the ten lines, of which some words are replaced; returns the model."""
    block = block_of('README.md')
    for words, others in (("'vit_base_patch16_224.augreg_in21k'", repr(SMALL)), *replaced):
        assert block.count(words) == 1
        block = block.replace(words, others)
    exec(block, scope)
    return scope['model'].eval()


def scores_of(model):
    with torch.no_grad():
        return model(model.transform('photos/cat/1.jpg')[None])[0]


def test_ten_lines_from_a_name_of_timm_to_a_prediction(photos, monkeypatch, capsys):
    block = block_of('README.md')
    assert block == block_of('docs/plain_pytorch.md')
    assert len([line for line in block.splitlines() if line and 'import' not in line]) <= 10
    save_file(timm.create_model(SMALL.partition('.')[0]).state_dict(), 'base.safetensors')
    monkeypatch.setattr('vpt_mm.weights.timm._cached_file', lambda config: 'base.safetensors')
    model = run_block()
    assert f'{12 * 10 * 192:,} prompts + {2 * 192 + 2} head' in capsys.readouterr().out
    found, = TaskInferencer('pets.safetensors', device='cpu')('photos/cat/1.jpg', return_datasamples=True)
    assert torch.equal(found.pred_score, scores_of(model).softmax(0))


def test_ten_lines_from_a_name_of_mmpretrain_to_a_prediction(photos):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        weights = MODELS.build(find(DEIT).config.model.backbone)
    torch.save(dict(state_dict=weights.state_dict()), 'base.pth')
    model = run_block((repr(SMALL), repr(DEIT)), ("'dog']", "'dog'], checkpoint='base.pth'"),
                      ("'pets.safetensors')(", "'pets.safetensors', checkpoint='base.pth')("))
    inferencer = TaskInferencer('pets.safetensors', checkpoint='base.pth', device='cpu')
    found, = inferencer('photos/cat/1.jpg', return_datasamples=True)
    assert torch.equal(found.pred_score, scores_of(model).softmax(0))


def test_ten_lines_from_a_module_of_ones_own(photos):
    """Whose file is loaded again, and names a base that TaskInferencer can't build."""
    net = shaken(Net())
    model = run_block((repr(SMALL), 'net'), ("['cat', 'dog']", "['cat', 'dog', 'owl'], head='fc'"),
                      ("'pets.safetensors')\n", "'pets.safetensors', base='net.pth')\n"),
                      ("TaskInferencer('pets.safetensors')('photos/cat/1.jpg')['predictions']",
                       "model.load_task('pets.safetensors')"), net=net)
    again = adapt(net, dict(type='DeepPrompt', length=10), classes=['cat', 'dog', 'owl'], head='fc').eval()
    assert not torch.equal(scores_of(again), scores_of(model))
    again.load_task('pets.safetensors')
    assert torch.equal(scores_of(again), scores_of(model))
    with pytest.raises(UsageError, match='describes no model: it is of a module of your own, .*load_task'):
        TaskInferencer('pets.safetensors')


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
