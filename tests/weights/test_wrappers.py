"""Backbones as trainers save them, wrapped or twice in one file: what arrives gives the features of the source."""
import re

import pytest
import torch
from mmpretrain.models import ResNet, VisionTransformer
from timm.models.resnet import BasicBlock
from timm.models.resnet import ResNet as TimmResNet
from timm.models.vision_transformer import VisionTransformer as TimmViT
from timm.utils import ModelEmaV3
from torch import nn
from torch.optim.swa_utils import AveragedModel

from tests.foreign import ARCH, VIT, randomise
from tests.weights.test_pretrained import check_vit, save
from vpt_mm.errors import UsageError
from vpt_mm.weights.convert import convert_file
from vpt_mm.weights.pretrained import convert, load_pretrained

MODEL, OTHER = (randomise(TimmViT(**VIT, init_values=1e-5), seed) for seed in (0, 1))


def under(prefix, model=MODEL):
    return {prefix + key: tensor for key, tensor in model.state_dict().items()}


def both(taken, left):
    """The model under one prefix, and another one under the other."""
    return {**under(taken), **under(left, OTHER)}


def chunked(prefix, model=MODEL):
    """Two chunks of blocks, as DINOv2 trains."""
    return {re.sub(r'blocks\.(\d)', lambda match: f'blocks.{int(match[1]) // 2}.{match[1]}', key): tensor
            for key, tensor in under(prefix, model).items()}


def in_blocks(state, part):
    return {key.replace('.attn.', f'.{part}.attn.'): tensor for key, tensor in state.items()}


ONE = dict(
    compiled=lambda: torch.compile(MODEL).state_dict(),
    ddp_of_compiled=lambda: under('module._orig_mod.'),
    compiled_ddp=lambda: under('_orig_mod.module.'),
    compiled_in_parts=lambda: in_blocks(under('model.'), '_orig_mod'),
    fsdp=lambda: in_blocks(under('_fsdp_wrapped_module.'), '_fsdp_wrapped_module._checkpoint_wrapped_module'),
    data_parallel=lambda: nn.DataParallel(MODEL).state_dict(),
    lightning=lambda: dict(epoch=3, global_step=9, state_dict={**under('model.'), 'criterion.weight': torch.ones(3)},
                           optimizer_states=[dict(state={0: dict(exp_avg=torch.ones(2))})], hyper_parameters={}),
    lightning_compiled=lambda: dict(state_dict=under('model._orig_mod.')),
    model_state_dict=lambda: dict(epoch=1, model_state_dict=MODEL.state_dict(), loss=torch.tensor(3.)),
    own_keys=lambda: dict(net=dict(weights=MODEL.state_dict())),
    swa=lambda: AveragedModel(MODEL).state_dict(),
    timm_ema=lambda: ModelEmaV3(MODEL).state_dict(),
    simmim=lambda: dict(model={**under('encoder.'), 'encoder.mask_token': torch.ones(1, 1, 24),
                               'decoder.0.weight': torch.ones(3, 24, 1, 1)}),
    open_clip=lambda: {**under('visual.trunk.'), 'visual.head.proj.weight': torch.ones(3, 24),
                       'text.token_embedding.weight': torch.ones(9, 8), 'logit_scale': torch.tensor(1.)},
    dinov2_eval=lambda: dict(teacher={**chunked('backbone.'), 'dino_head.mlp.0.weight': torch.ones(2, 24)}),
)
TWO = dict(
    dino=lambda: dict(student=under('module.backbone.', OTHER), teacher=under('backbone.'), epoch=3,
                      dino_loss=dict(center=torch.ones(1, 4))),
    dinov2=lambda: dict(model={**chunked('student.backbone.', OTHER), **chunked('teacher.backbone.'),
                               'teacher.dino_head.mlp.0.weight': torch.ones(2, 24)}, iteration=3),
    moco_v2=lambda: dict(state_dict={**both('module.encoder_q.', 'module.encoder_k.'),
                                     'module.queue': torch.ones(2, 3)}),
    moco_v3=lambda: dict(state_dict=both('module.base_encoder.', 'module.momentum_encoder.')),
    i_jepa=lambda: dict(encoder=under('module.', OTHER), target_encoder=under('module.')),
    timm_train=lambda: dict(arch='vit', state_dict=OTHER.state_dict(), state_dict_ema=MODEL.state_dict()),
    deit=lambda: dict(model=OTHER.state_dict(), model_ema=MODEL.state_dict()),
    rt_detr=lambda: dict(model=under('backbone.', OTHER), ema=dict(module=under('backbone.'), updates=4)),
    mmengine=lambda: dict(state_dict=under('backbone.'),
                          ema_state_dict={**under('module.backbone.', OTHER), 'steps': torch.tensor(3)}),
    solo_learn=lambda: dict(state_dict=both('backbone.', 'momentum_backbone.')),
    mmpretrain_byol=lambda: dict(state_dict=both('backbone.', 'target_net.module.0.')),
)


@pytest.mark.parametrize('name', [*ONE, *TWO])
def test_a_wrapped_backbone_gives_the_features_of_the_source(tmp_path, name):
    path = save({**ONE, **TWO}[name](), tmp_path / 'x.pth')
    check_vit(path, MODEL, layer_scale_init_value=1e-5)
    note = convert_file(str(path), tmp_path / 'out.safetensors').note
    assert bool(note) == (name in TWO)


@pytest.mark.parametrize('name, prefix', [
    ('dino', 'student'), ('dinov2', 'student.backbone.'), ('moco_v2', 'encoder_k.'), ('timm_train', 'state_dict.'),
    ('mmengine', 'ema_state_dict')])
def test_a_prefix_takes_the_other_one(tmp_path, name, prefix):
    path = save(TWO[name](), tmp_path / 'x.pth')
    check_vit(path, OTHER, layer_scale_init_value=1e-5, init=dict(prefix=prefix))
    assert not convert_file(str(path), tmp_path / 'out.pth', prefix=prefix).note
    assert torch.equal(torch.load(tmp_path / 'out.pth')['state_dict']['cls_token'], OTHER.cls_token)


def test_which_one_is_taken_is_said():
    assert convert(TWO['dino']()).note == ('of student.module.backbone., teacher.backbone. the one under '
                                           'teacher.backbone. is taken: DINO, iBOT and DINOv2 evaluate the teacher.')


@pytest.mark.parametrize('content, prefix, reason', [
    (lambda: both('left.', 'right.'), None, r'2 backbones, under left\., right\.: say which one by --prefix'),
    (lambda: both('left.', 'right.'), 'middle', '2 backbones'),
    (lambda: dict(model={**both('teacher.', 'student.'), **under('third.')}), None, '3 backbones'),
    (lambda: under('left.'), 'right.', r'no backbone under right\., but one under left\.'),
    (lambda: under(''), 'right.', r'no backbone under right\., but one under no prefix'),
    (lambda: dict(left=dict(weight=torch.ones(3))), 'left', 'of no known architecture: weight'),
    (lambda: dict(optimizer=dict(state={0: torch.ones(3)})), None, 'no tensors by name'),
])
def test_what_can_not_be_told(tmp_path, content, prefix, reason):
    with pytest.raises(UsageError, match=reason):
        convert_file(str(save(content(), tmp_path / 'x.pth')), tmp_path / 'out.pth', prefix=prefix)
    assert not (tmp_path / 'out.pth').exists()


def test_the_other_backbone_is_no_part_of_the_first(tmp_path):
    """One lies at the root of the file, the other among its names."""
    path = save(both('', 'student.'), tmp_path / 'x.pth')
    with pytest.raises(UsageError, match=r"2 backbones, under '', student\."):
        convert_file(str(path), tmp_path / 'out.pth')


def test_moco_v2_of_a_resnet(tmp_path):
    model, other = (randomise(TimmResNet(BasicBlock, [2, 2, 2, 2], num_classes=0), seed) for seed in (0, 1))
    state = {**under('module.encoder_q.', model), **under('module.encoder_k.', other)}
    state.update({f'module.encoder_q.fc.{part}.weight': torch.ones(2, 2) for part in (0, 2)})
    backbone = ResNet(18)
    found = load_pretrained(backbone, str(save(dict(state_dict=state), tmp_path / 'x.pth')))
    backbone.eval()
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        ours, theirs = backbone.double()(image.double())[0], model.double().forward_features(image.double())
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-9)
    assert found.facts['style'] == 'pytorch' and 'queries' in found.note


def test_a_file_of_mmpretrain_in_an_unusual_wrapper(tmp_path):
    plain = randomise(VisionTransformer(arch=ARCH, img_size=32, patch_size=8))
    twin = VisionTransformer(arch=ARCH, img_size=32, patch_size=8)
    load_pretrained(twin, str(save(dict(state_dict=under('teacher.model.', plain)), tmp_path / 'x.pth')))
    assert all(torch.equal(tensor, plain.state_dict()[key]) for key, tensor in twin.state_dict().items())
