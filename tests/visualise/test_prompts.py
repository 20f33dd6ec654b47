"""Pictures of prompts: the numbers behind them where they are known, and the files; mmengine's curves and overlays."""
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config

from tests.runs import build_runner, run_config, save_weights
from tests.small import train_options
from vpt_mm.cli import train
from vpt_mm.datasets.digits.scenes import write_scenes
from vpt_mm.errors import UsageError
from vpt_mm.visualise.attention import see
from vpt_mm.visualise.prompts import visualise

IMAGE = torch.randn(2, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
DEEP = dict(type='DeepPrompt', length=3)


@pytest.mark.parametrize('tuning, out_type', [
    (DEEP, 'cls_token'), (DEEP, 'featmap'), (dict(type='ShallowPrompt', length=3), 'avg_featmap')])
def test_where_all_keys_are_alike_prompts_get_their_share(build_vit, tuning, out_type):
    model = build_vit(tuning, out_type=out_type).eval()
    for block in model.layers:
        block.attn.qkv.weight.data.zero_()
    seen, size = see(model, IMAGE)
    assert list(seen) == [1, 2, 3, 4] and size == (4, 4)
    for block in seen.values():
        share = block.share_of_prompts()
        torch.testing.assert_close(share, torch.full((2, 16), 3 / (1 + 16 + 3), dtype=torch.float64))
    assert model.out_type == out_type


def test_the_share_is_that_of_attention_written_out(build_vit):
    model = build_vit(DEEP, out_type='featmap').eval()
    block, heads = model.layers[0], 4
    with torch.no_grad():
        tokens = torch.cat([model.embed(IMAGE)[0], model.tuning.tokens[0].expand(2, -1, -1)], dim=1)
        query, key, _ = block.attn.qkv(block.ln1(tokens)).chunk(3, dim=-1)
        query, key = (one.unflatten(-1, (heads, -1)).transpose(1, 2) for one in (query, key))
        weights = (query @ key.transpose(-2, -1) / (32 / heads) ** 0.5).softmax(-1)
    expected = weights[:, :, 1:17, 17:].sum(-1).mean(1)
    torch.testing.assert_close(see(model, IMAGE)[0][1].share_of_prompts(), expected, rtol=0, atol=1e-12)


def test_a_prompt_is_nearest_to_the_patch_that_it_copies(build_vit):
    model = build_vit(DEEP, out_type='featmap').eval()
    with torch.no_grad():
        model.tuning.tokens[0, 1] = model.embed(IMAGE)[0][1, 1 + 6]
    likeness = see(model, IMAGE)[0][1].likeness()
    assert likeness.shape == (2, 3, 16)
    assert divmod(int(likeness[:, 1].flatten().argmax()), 16) == (1, 6)
    assert likeness[1, 1, 6].item() == pytest.approx(1)


def test_only_what_sees_prompts_is_read(build_vit):
    with pytest.raises(UsageError, match='no patch of this backbone sees a prompt'):
        see(build_vit(dict(type='BiasTuning')), IMAGE)
    with pytest.raises(UsageError, match='read from a PromptedViT, got a Linear'):
        see(torch.nn.Linear(1, 1), IMAGE)


@pytest.fixture
def trained(tmp_path):
    """Trains a tiny classifier; returns its config and checkpoint."""

    def train(tuning, **preprocessor):
        config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'), tuning=tuning, iters=2)
        config.model.data_preprocessor.update(preprocessor)
        config.dump(tmp_path / 'config.py')
        build_runner(config).train()
        return str(tmp_path / 'config.py'), str(tmp_path / 'run/iter_2.pth')

    return train


@pytest.fixture
def images(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(2):
        cv2.imwrite(str(tmp_path / f'{number}.png'), rng.integers(0, 256, (40, 48, 3), np.uint8))
    return [str(tmp_path / f'{number}.png') for number in range(2)]


def test_pictures_of_prompts(trained, images, tmp_path):
    written = visualise(*trained(DEEP), images, tmp_path / 'out', blocks=[1, 4], prompts=2)
    assert [path.name for path in written] == ['attention.png', 'nearest.png']
    assert all(cv2.imread(str(path)).std() > 0 for path in written)
    with pytest.raises(UsageError, match=r'blocks must be among those that see prompts, \[1, 2, 3, 4\], got \[5\]'):
        visualise(str(tmp_path / 'config.py'), str(tmp_path / 'run/iter_2.pth'), images, tmp_path / 'out', blocks=[5])
    with pytest.raises(UsageError, match='no.png cannot be read: No such file'):
        visualise(str(tmp_path / 'config.py'), str(tmp_path / 'run/iter_2.pth'), ['no.png'], tmp_path / 'out')


def test_a_picture_of_the_learned_frame(trained, tmp_path):
    config, checkpoint = trained(dict(type='PixelPadPrompt', pad=4))
    path, = visualise(config, checkpoint, [], tmp_path / 'out')
    picture = cv2.imread(str(path))
    assert picture.shape == (32, 32, 3) and (picture[4:-4, 4:-4] == 127).all()
    learned = torch.load(checkpoint, weights_only=True)['state_dict']['backbone.tuning.rows'][0]
    expected = (learned * 60 + 127).clamp(0, 255).round().permute(1, 2, 0).numpy()
    assert np.array_equal(picture[:4], expected)


def test_a_frame_around_images_that_are_not_normalised(trained, tmp_path):
    config, checkpoint = trained(dict(type='PixelPadPrompt', pad=4), mean=None, std=None)
    path, = visualise(config, checkpoint, [], tmp_path / 'out')
    picture = cv2.imread(str(path))
    assert picture.shape == (32, 32, 3) and (picture[4:-4, 4:-4] == 127).all()


def test_nothing_to_draw_is_said(trained, images, tmp_path):
    with pytest.raises(UsageError, match='no patch of this backbone sees a prompt'):
        visualise(*trained(dict(type='BiasTuning')), images, tmp_path / 'out')
    with pytest.raises(UsageError, match='nothing to draw for BiasTuning in a PromptedViT'):
        visualise(str(tmp_path / 'config.py'), str(tmp_path / 'run/iter_2.pth'), [], tmp_path / 'out')


def test_curves_and_overlays_by_two_lines_of_config(tmp_path):
    accumulator = pytest.importorskip('tensorboard.backend.event_processing.event_accumulator',
                                      reason='tensorboard is not installed')
    write_scenes(tmp_path / 'scenes', images=2, val_images=1, size=64)
    config = Config.fromfile(Path(__file__).parents[2] / 'configs/digits/setr_digits_drawn.py')
    for phase in ('train', 'val', 'test'):
        config[f'{phase}_dataloader'].dataset.data_root = str(tmp_path / 'scenes')
    config.train_dataloader.batch_size = 2
    config.train_cfg.update(max_iters=2, val_interval=2)
    config.default_hooks.logger.interval = 1
    config.log_level = 'ERROR'
    config.dump(tmp_path / 'small.py')
    train.run(train_options(tmp_path))
    curves, = (tmp_path / 'run').glob('*/vis_data/events.out.tfevents.*')
    events = accumulator.EventAccumulator(str(curves.parent))
    events.Reload()
    assert [event.step for event in events.Scalars('loss')] == [1, 2]
    assert 'mIoU' in events.Tags()['scalars']
    drawn, = (tmp_path / 'run').glob('*/vis_data/vis_image/*.png')
    assert cv2.imread(str(drawn)).shape == (64, 2 * 64, 3)  # truth and prediction
