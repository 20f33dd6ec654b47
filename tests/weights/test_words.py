"""Whole CLIP files, of OpenAI's and open_clip's layout, into both towers."""
import json
from contextlib import nullcontext

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.clip import CONTEXT, FEATURES, IMAGE, NARROW, TEXT, VOCABULARY, WIDE, clip, load, said
from vpt_mm.errors import UsageError

QUICK = dict(type='mmpretrain.QuickGELU')
PROGRAM = {name: torch.tensor(1) for name in ('input_resolution', 'context_length', 'vocab_size')}


@pytest.fixture
def file(tmp_path):
    def write(state, name='clip.safetensors'):
        save_file(state, tmp_path / name)
        return dict(type='Pretrained', checkpoint=str(tmp_path / name))
    return write


@pytest.mark.parametrize('text', ['', 'text.'])
@pytest.mark.parametrize('wrapper', ['', 'module.'])
def test_both_towers_come_from_one_file(file, text, wrapper):
    state = clip(text)
    source = file({wrapper + key: tensor for key, tensor in state.items()})
    tower, vit = load(TEXT, source), load(IMAGE, source)
    ours = {**{f'text {key}': tensor for key, tensor in tower.state_dict().items()},
            **{f'image {key}': tensor for key, tensor in vit.state_dict().items()}}
    assert sum(tensor.numel() for tensor in ours.values()) == sum(tensor.numel() for tensor in state.values())
    assert {key for key, tensor in tower.state_dict().items()} == tower.loaded
    assert {key for key, tensor in vit.state_dict().items()} == vit.loaded
    block = f'{text}transformer.resblocks.1.'
    for key, expected in {
            'text token_embedding.weight': state[f'{text}token_embedding.weight'],
            'text pos_embed': state[f'{text}positional_embedding'],
            'text layers.1.attn.qkv.weight': state[f'{block}attn.in_proj_weight'],
            'text layers.1.ffn.layers.1.bias': state[f'{block}mlp.c_proj.bias'],
            'text projection.weight': state[f'{text}text_projection'].t(),
            'text image_projection.weight': state['visual.proj'].t(), 'text logit_scale': state['logit_scale'],
            'image cls_token': state['visual.class_embedding'][None, None],
            'image pos_embed': state['visual.positional_embedding'][None],
            'image patch_embed.projection.weight': state['visual.conv1.weight'],
            'image pre_norm.bias': state['visual.ln_pre.bias'], 'image ln1.weight': state['visual.ln_post.weight'],
            'image layers.0.attn.proj.weight': state['visual.transformer.resblocks.0.attn.out_proj.weight'],
            'image layers.0.ffn.layers.0.0.weight': state['visual.transformer.resblocks.0.mlp.c_fc.weight']}.items():
        assert torch.equal(ours[key], expected), key


def test_a_tower_of_our_own_is_loaded_as_it_is(file):
    tower = load(TEXT, file(clip()))
    state = {key: tensor.contiguous() for key, tensor in tower.state_dict().items()}
    again = load(TEXT, file(state, 'own.safetensors'))
    assert all(torch.equal(tensor, again.state_dict()[key]) for key, tensor in tower.state_dict().items())


def test_a_model_of_our_own_gives_both_towers(file):
    towers = dict(backbone=load(IMAGE, file(clip())), text=load(TEXT, file(clip())))
    own = file({f'{place}.{key}': tensor.contiguous() for place, tower in dict(
        backbone=towers['backbone'], **{'head.text': towers['text']}).items()
        for key, tensor in tower.state_dict().items()}, 'model.safetensors')
    for config, tower in ((IMAGE, towers['backbone']), (TEXT, towers['text'])):
        again = load(config, own)
        assert again.loaded == set(again.state_dict())
        assert all(torch.equal(tensor, again.state_dict()[key]) for key, tensor in tower.state_dict().items())


def test_openais_models_have_quick_gelu(file):
    source = file({**clip(), **PROGRAM})
    with pytest.raises(UsageError, match="activation is QuickGELU there and GELU in the tower: set activation='Quick"):
        load(TEXT, source)
    with pytest.raises(UsageError, match="activation is QuickGELU there and GELU in the model: set layer_cfgs"):
        load(IMAGE, source)
    tower = load(TEXT, source, activation='QuickGELU')
    vit = load(IMAGE, source, layer_cfgs=dict(act_cfg=QUICK))
    assert tower.loaded and vit.facts['mean'][0] == 0.48145466


@pytest.mark.parametrize('content, text, image', [
    (said(), '', ''), (said(quick_gelu=True), 'set activation=.QuickGELU', 'activation is QuickGELU there and GELU'),
    (said(text=dict(heads=2)), 'num_heads is 2 there and 1 in the tower: set heads=2', ''),
    (said(vision=dict(head_width=32)), '', 'num_heads is 4 there and 2'),
    (said(text=dict(norm_kwargs=dict(eps=1e-6))), 'set eps=1e-06', ''),
    (said(vision=dict(norm_kwargs=dict(eps=1e-6))), '', 'eps is 1e-06 there'),
    (said(text=dict(act_kwargs=dict(approximate='tanh'))), 'arguments, .*tanh', ''),
    ({}, 'not a configuration', 'not a configuration'), ([], 'not a configuration', 'not a configuration'),
    (dict(model_cfg=dict(text_cfg=3, vision_cfg=dict(width='x'))), 'not a configuration', 'not a configuration')])
def test_the_configuration_beside_a_file_tells_what_tensors_do_not(file, tmp_path, content, text, image):
    source = file(clip())
    (tmp_path / 'open_clip_config.json').write_text(json.dumps(content), encoding='utf-8')
    for config, message in ((TEXT, text), (IMAGE, image)):
        with pytest.raises(UsageError, match=message) if message else nullcontext():
            loaded = load(config, source)
    if not image:
        assert loaded.facts['mean'] == (0.5, 0.4, 0.3) and loaded.facts['std'] == (0.2, 0.2, 0.1)


@pytest.mark.parametrize('changes, message', [
    (dict(layers=3), 'layers is 2 there and 3 in the tower'), (dict(width=32), 'width is 64 there and 32'),
    (dict(features=8), 'features is 16 there and 8'), (dict(image_width=64), 'image_width is 128 there and 64'),
    (dict(context=77), 'context is 12 there and 77')])
def test_other_sizes_are_named(file, changes, message):
    with pytest.raises(UsageError, match=message):
        load(TEXT, file(clip()), **changes)


def test_norms_of_another_epsilon_are_named(file):
    with pytest.raises(UsageError, match='eps is 1e-05 there and 1e-06 in the model'):
        load(IMAGE, file(clip()), norm_cfg=dict(type='LN', eps=1e-6))


@pytest.mark.parametrize('left_out, message', [
    ('visual.', 'a text tower alone'), ('token_embedding', 'an image tower alone')])
def test_one_tower_alone_is_refused(file, left_out, message):
    state = {key: tensor for key, tensor in clip().items() if not key.startswith(left_out)}
    with pytest.raises(UsageError, match=f'{message}.*whole model'):
        load(TEXT, file(state))


@pytest.mark.parametrize('more, message', [
    ({'logit_bias': torch.zeros(())}, 'logit_bias.*SigLIP'), ({'cls_emb': torch.zeros(4)}, 'cls_emb.*CoCa')])
def test_relatives_are_refused(file, more, message):
    with pytest.raises(UsageError, match=message):
        load(TEXT, file({**clip(), **more}))


@pytest.mark.parametrize('changes', [
    {'ln_final.weight': None, **PROGRAM}, {'visual.proj': torch.zeros(2, 3, 4)}, {'logit_scale': torch.zeros(3)},
    {'token_embedding.weight': torch.zeros(())}, {'transformer.resblocks.0.ln_1.weight': None},
    {'transformer.resblocks.1.ln_1.weight': torch.zeros(3)}, {'text_projection': torch.zeros(3)}])
def test_damaged_towers_are_refused(file, changes):
    state = {key: tensor for key, tensor in {**clip(), **changes}.items() if tensor is not None}
    reasons = r'some tensors are missing|the weights do not agree.*\n  (The file lacks|Of another shape|\w+ is)'
    with pytest.raises(UsageError, match=f'clip.safetensors: ({reasons})'):
        load(TEXT, file(state), activation='QuickGELU')


def test_programs_of_torchscript_are_refused(tmp_path):
    torch.jit.script(nn.Linear(2, 2)).save(tmp_path / 'model.pt')
    with pytest.raises(UsageError, match='program of TorchScript.*save_file'):
        load(TEXT, dict(type='Pretrained', checkpoint=str(tmp_path / 'model.pt')))


@pytest.mark.parametrize('quick', [False, True])
def test_features_equal_open_clips(file, quick):
    open_clip = pytest.importorskip('open_clip', reason='open-clip-torch is not installed')
    theirs = open_clip.CLIP(FEATURES, dict(image_size=32, patch_size=8, width=WIDE, layers=2), dict(
        context_length=CONTEXT, vocab_size=VOCABULARY, width=NARROW, heads=1, layers=2), quick_gelu=quick).eval()
    source = file({key: tensor.contiguous() for key, tensor in theirs.state_dict().items()})
    activation = dict(activation='QuickGELU') if quick else {}
    tower = load(TEXT, source, **activation)
    vit = load(IMAGE, source, **(dict(layer_cfgs=dict(act_cfg=QUICK)) if quick else {}))
    ids, images = torch.tensor([[38, 5, 7, 39, 0, 0], [38, 39, 0, 0, 0, 0]]), torch.randn(3, 3, 32, 32)
    ids = torch.nn.functional.pad(ids, (0, CONTEXT - 6))
    with torch.no_grad():
        texts, pictures = tower(ids)[0], tower.image_projection(vit(images)[0])
        assert (texts - theirs.encode_text(ids)).abs().max() < 1e-5
        assert (pictures - theirs.encode_image(images)).abs().max() < 1e-5
        _, _, scale = theirs(images, ids)
        expected = scale * theirs.encode_image(images, normalize=True) @ theirs.encode_text(ids, normalize=True).t()
        assert (tower.scores(vit(images)[0], texts) - expected).abs().max() < 1e-4
