"""A thousand damaged files: each is refused in one sentence, or loads; nothing crashes, hangs or is written to."""
import importlib.util
import io
import os
import random

import numpy as np
import pytest
import torch
from mmengine.model import BaseModule
from mmengine.registry import MODELS
from safetensors.torch import save
from timm.models.vision_transformer import VisionTransformer as TimmViT

from tests.foreign import VIT, randomise, to_google
from tests.runs import BACKBONE
from vpt_mm.errors import UsageError
from vpt_mm.models.frozen import fingerprint_of
from vpt_mm.tasks import load_task, publish_task
from vpt_mm.weights import fingerprint
from vpt_mm.weights.pretrained import load_pretrained

TINY = dict(VIT, embed_dim=8, depth=1, num_heads=2, img_size=16)
ARCH = dict(embed_dims=8, num_layers=1, num_heads=2, feedforward_channels=32)


class Tiny(BaseModule):
    """A prompted backbone with a head."""

    def __init__(self, weights):
        super().__init__()
        self.backbone = MODELS.build(dict(
            BACKBONE, arch=ARCH, img_size=16, tuning=dict(type='DeepPrompt', length=2),
            init_cfg=dict(type='Pretrained', checkpoint=str(weights))))
        self.head = torch.nn.Linear(8, 3)


def damage(data, chance):
    """One to four faults: bytes flipped, overwritten, cut out, doubled, or the end cut off."""
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        if not data:
            break
        # The first and last bytes hold headers, directories and pickles.
        reach = chance.choice([16, 600, len(data)])
        place = chance.randrange(min(reach, len(data)))
        place = len(data) - 1 - place if chance.random() < 0.3 else place
        length = chance.choice([1, 2, 8, 60])
        kind = chance.randrange(6)
        if kind == 0:
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[place:place + length] = chance.randbytes(length)
        elif kind == 2:
            del data[place:place + length]
        elif kind == 3:
            data[place:place] = data[place:place + length]
        elif kind == 4:
            data[place:place + length] = bytes([chance.choice([0, 255])]) * length
        else:
            del data[place:]
    return bytes(data)


def saved(content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    weights = tmp_path_factory.mktemp('base') / 'base.pth'
    torch.save(randomise(TimmViT(**TINY)).state_dict(), weights)
    model = Tiny(weights)
    model.backbone.init_weights()
    return model


@pytest.fixture(scope='module')
def files(model, tmp_path_factory):
    """{kind: bytes} of sound files."""
    folder = tmp_path_factory.mktemp('sound')
    learned = {key: tensor.clone() for key, tensor in model.state_dict().items() if 'tuning' in key or 'head' in key}
    checkpoint = dict(state_dict=learned, message_hub={}, meta=dict(
        cfg='model = dict()', dataset_meta=dict(classes=('a', 'b', 'c')),
        vpt_mm=dict(version='1', base={'backbone.': 'base.pth'}, frozen_weights=fingerprint_of(model))))
    torch.save(checkpoint, folder / 'x.pth')
    publish_task(folder / 'x.pth', folder / 'x.safetensors', served=False)
    timm_model = randomise(TimmViT(**TINY))
    np.savez(folder / 'x.npz', **to_google(timm_model, 'augreg'))
    files = dict(task=(folder / 'x.safetensors').read_bytes(), checkpoint=saved(checkpoint),
                 timm=saved(timm_model.state_dict()), safetensors=save(timm_model.state_dict()),
                 npz=(folder / 'x.npz').read_bytes())
    if importlib.util.find_spec('onnx'):
        torch.onnx.export(timm_model, (torch.ones(1, 3, 16, 16),), folder / 'x.onnx', dynamo=False, opset_version=17)
        files['onnx'] = (folder / 'x.onnx').read_bytes()
    return files


ROUNDS = dict(task=400, checkpoint=200, timm=150, safetensors=100, npz=150, onnx=150)


@pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning')
@pytest.mark.parametrize('kind', ROUNDS)
def test_damaged_files_are_refused(model, files, kind, tmp_path):
    if kind not in files:
        pytest.skip('ONNX files are read with onnx, which is not installed')
    chance = random.Random(kind)
    path = tmp_path / 'x'
    sound = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    load = (lambda: load_task(model, path)) if kind in ('task', 'checkpoint') else \
        (lambda: load_pretrained(model.backbone, str(path)))
    path.write_bytes(files[kind])
    load()  # the sound file does load
    outcomes = dict(loaded=0, refused=0)
    for _ in range(ROUNDS[kind]):
        data = damage(files[kind], chance)
        path.write_bytes(data)
        try:
            load()
            outcomes['loaded'] += 1
            if kind == 'task':  # sealed: what loads is what was published
                assert fingerprint(dict(model.state_dict())) == fingerprint(sound)
        except UsageError as error:
            outcomes['refused'] += 1
            assert len(str(error)) < 3000
        assert path.read_bytes() == data and os.listdir(tmp_path) == ['x']
        model.load_state_dict(sound)
    assert outcomes['refused'] > ROUNDS[kind] / 4, outcomes
