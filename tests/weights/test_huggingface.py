"""Hugging Face's ViT and DINOv2 give here the features that their own block structure gives."""
import pytest
import torch
from mmpretrain.models import VisionTransformer

from tests.foreign import ARCH, randomise
from tests.weights.hugging_face import HuggingFaceModel
from tests.weights.test_pretrained import prompted, save
from vpt_mm.errors import UsageError
from vpt_mm.weights.pretrained import load_pretrained

QUERY = 'encoder.layer.0.attention.attention.query'
SCALED = dict(layer_scale_init_value=1e-5)
SETTINGS = dict(vit={}, dinov2=SCALED, giant=dict(SCALED, layer_cfgs=dict(ffn_type='swiglu_fused')))


@pytest.mark.parametrize('kind, prefix', [('vit', ''), ('vit', 'vit.'), ('dinov2', ''), ('dinov2', 'dinov2.'),
                                          ('dinov2', 'backbone.'), ('giant', 'model.module.')])
@pytest.mark.parametrize('size', [(32, 32), (48, 64)])
def test_features_are_those_of_the_source(tmp_path, kind, prefix, size):
    model = randomise(HuggingFaceModel(kind))
    state = {prefix + key: tensor for key, tensor in model.state_dict().items()}
    state.update({f'{prefix}pooler.dense.weight': torch.ones(3, 3), 'classifier.bias': torch.ones(3)}
                 if prefix else {'pooler.dense.bias': torch.ones(3)})
    backbone = prompted(save(state, tmp_path / 'model.safetensors', 'safetensors'), img_size=size, **SETTINGS[kind])
    image = torch.randn(2, 3, *size)
    torch.testing.assert_close(backbone(image)[0], model(image), atol=1e-5, rtol=1e-5)
    assert backbone.sourced >= set(backbone.frozen_weights)


def test_attention_without_biases(tmp_path):
    model = randomise(HuggingFaceModel('vit', qkv_bias=False))
    backbone = prompted(save(model.state_dict(), tmp_path / 'x.pth'), qkv_bias=False)
    image = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(backbone(image)[0], model(image), atol=1e-5, rtol=1e-5)


def broken(change):
    state = randomise(HuggingFaceModel('vit')).state_dict()
    change(state)
    return state


@pytest.mark.parametrize('state, reason', [
    (lambda: randomise(HuggingFaceModel('dinov2', registers=4)).state_dict(),
     r'no register tokens, which this file has \(register_tokens, 4 of them\)'),
    (lambda: broken(lambda state: state.update({'embeddings.distillation_token': torch.ones(1, 1, 24)})),
     'no distillation token'),
    (lambda: broken(lambda state: state.pop('encoder.layer.1.attention.attention.key.bias')),
     r'lacks blocks\.1\.attn\.key\.bias'),
    (lambda: broken(lambda state: state.update({'encoder.layer.0.lambda_1': torch.ones(24)})),
     r'no place for encoder\.layer\.0\.lambda_1'),
    (lambda: broken(lambda state: state.update({f'{QUERY}.base_layer.weight': state.pop(f'{QUERY}.weight')})),
     r'query\.base_layer\.weight.*merge_and_unload'),
    (lambda: broken(lambda state: state.update({f'{QUERY}.weight': torch.ones(())})),
     'names of VisionTransformer, but shapes that it never has'),
])
def test_what_is_refused(tmp_path, state, reason):
    with pytest.raises(UsageError, match=reason):
        load_pretrained(VisionTransformer(arch=ARCH, img_size=32, patch_size=8), str(save(state(), tmp_path / 'x.pth')))
