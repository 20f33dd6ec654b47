"""Plain files: converted once, or merged from a task, they need nothing of this package."""
import pytest
import torch
from mmpretrain.models import VisionTransformer
from safetensors import safe_open
from timm.models.vision_transformer import VisionTransformer as TimmViT

from tests.foreign import ARCH, VIT, randomise
from tests.runs import BACKBONE, build_runner, changed, run_config, save_weights
from vpt_mm.errors import UsageError
from vpt_mm.models.build import build_model
from vpt_mm.tasks.merge import merge_task
from vpt_mm.weights import load_pretrained
from vpt_mm.weights.convert import convert_file


@pytest.mark.parametrize('kind', ['pth', 'safetensors'])
def test_a_converted_file_is_a_plain_one_and_keeps_what_it_requires(tmp_path, kind):
    model = randomise(TimmViT(**VIT, pre_norm=True))
    torch.save(dict(model=model.state_dict()), tmp_path / 'in.pth')
    out = tmp_path / f'out.{kind}'
    convert_file(str(tmp_path / 'in.pth'), out)
    settings = dict(arch=ARCH, img_size=32, patch_size=8, pre_norm=True, out_type='raw')
    backbone = VisionTransformer(**settings, norm_cfg=dict(type='LN', eps=1e-5))
    if kind == 'pth':
        backbone.load_state_dict(torch.load(out)['state_dict'])  # by nothing but torch
    else:
        with safe_open(out, 'pt') as file:
            backbone.load_state_dict({key: file.get_tensor(key) for key in file.keys()})
    with pytest.raises(UsageError, match='eps is 1e-05 there and 1e-06'):
        load_pretrained(VisionTransformer(**settings), str(out))
    load_pretrained(backbone, str(out))


def test_a_grid_is_written_with_the_file(tmp_path):
    torch.save(randomise(TimmViT(**{**VIT, 'img_size': (16, 64)})).state_dict(), tmp_path / 'in.pth')
    convert_file(str(tmp_path / 'in.pth'), tmp_path / 'out.safetensors', grid=[2, 8])
    wide, tall = (VisionTransformer(arch=ARCH, img_size=size, patch_size=8) for size in ((16, 64), (32, 32)))
    load_pretrained(wide, str(tmp_path / 'out.safetensors'))
    load_pretrained(tall, str(tmp_path / 'out.safetensors'))
    assert not torch.equal(wide.pos_embed, tall.pos_embed)  # as many patches, but not the same ones


@pytest.mark.parametrize('state, out, reason', [
    (dict(weight=torch.ones(3)), 'out.pth', 'of no known architecture: weight'),
    (dict(epoch=3), 'out.pth', 'no tensors by name'),
    ({'layers.0.ln1.weight': torch.ones(3)}, 'out.bin', r'named \*.pth or \*.safetensors'),
])
def test_what_can_not_be_converted(tmp_path, state, out, reason):
    torch.save(state, tmp_path / 'in.pth')
    with pytest.raises(UsageError, match=reason):
        convert_file(str(tmp_path / 'in.pth'), tmp_path / out)
    assert not (tmp_path / out).exists()


@pytest.mark.parametrize('grid', [(0, 0), (4, 8), (-2, -8)])
def test_a_grid_of_other_patches_is_refused(tmp_path, grid):
    torch.save(randomise(TimmViT(**VIT)).state_dict(), tmp_path / 'in.pth')
    with pytest.raises(UsageError, match=f'of 16 patches: .* as many, got {grid[0]} and'):
        convert_file(str(tmp_path / 'in.pth'), tmp_path / 'out.pth', grid=grid)
    assert not (tmp_path / 'out.pth').exists()


@pytest.mark.parametrize('source', ['http://localhost:1/x.pth', 's3://bucket/x.pth', 'torchvision://nosuch',
                                    'openmmlab://nosuch', 'mmcls://vit'])
def test_what_is_not_to_be_had_is_named(tmp_path, source):
    for load in (lambda: convert_file(source, tmp_path / 'out.pth'), lambda: load_pretrained(None, source)):
        with pytest.raises(UsageError, match=f'no checkpoint could be fetched from {source} '):
            load()


@pytest.fixture(scope='module')
def biased(tmp_path_factory):
    """A run of BiasTuning; its config and the path of its checkpoint."""
    folder = tmp_path_factory.mktemp('run')
    config = run_config(folder / 'run', weights=save_weights(folder / 'weights.pth'), tuning=dict(type='BiasTuning'))
    build_runner(config).train()
    return config, folder / 'run/iter_6.pth'


def test_bias_tuning_merges_into_a_plain_model(tmp_path, biased):
    config, checkpoint = biased
    merge_task(config, checkpoint, tmp_path / 'merged.pth')
    plain = dict(BACKBONE, type='mmpretrain.VisionTransformer', _delete_=True)
    plain = build_model(changed(config, model__backbone=plain))
    plain.load_state_dict(torch.load(tmp_path / 'merged.pth')['state_dict'], strict=True)
    runner = build_runner(changed(config, load_from=str(checkpoint)))
    runner.load_or_resume()
    image = torch.randn(2, 3, 32, 32)
    plain.eval(), runner.model.eval()
    assert all(torch.equal(tensor, plain.state_dict()[key]) for key, tensor in runner.model.state_dict().items())
    torch.testing.assert_close(plain(image, mode='tensor'), runner.model(image, mode='tensor'), atol=1e-5, rtol=0)
    frozen = torch.load(config.model.backbone.init_cfg.checkpoint)['state_dict']
    moved = [key for key, tensor in frozen.items() if not torch.equal(tensor, plain.backbone.state_dict()[key])]
    assert moved and all(key.endswith('.bias') for key in moved)


def test_prompts_can_not_be_merged(tmp_path):
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'weights.pth'),
                        tuning=[dict(type='DeepPrompt', length=2), dict(type='BiasTuning')])
    build_runner(config).train()
    with pytest.raises(UsageError, match="DeepPrompt can't be merged"):
        merge_task(config, tmp_path / 'run/iter_6.pth', tmp_path / 'merged.pth')
    assert not (tmp_path / 'merged.pth').exists()
