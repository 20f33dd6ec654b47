"""A ViT in an ONNX file gives the features of its source, however it was exported and whatever its names."""
import pytest
import timm
import torch
from timm.models.swin_transformer import SwinTransformer as TimmSwin
from timm.models.vision_transformer import VisionTransformer as TimmViT
from torch import nn

from tests.foreign import SWIN, VIT, randomise
from tests.weights.hugging_face import HuggingFaceModel
from tests.weights.test_pretrained import prompted
from vpt_mm.errors import UsageError
from vpt_mm.weights.convert import convert_file
from vpt_mm.weights.files import load_from_disk

onnx = pytest.importorskip('onnx', reason='ONNX files are read with onnx, which is not installed')
pytest.importorskip('onnxscript', reason='torch exports with onnxscript, which is not installed')
SCALED = dict(layer_scale_init_value=1e-5)
ANY_SIZE = dict(dynamic_axes=dict(image={0: 'batch', 2: 'height', 3: 'width'}))
TOKENS = dict(VIT, num_classes=0, global_pool='')
SOURCES = dict(
    dinov2=(lambda: HuggingFaceModel('dinov2'), SCALED), vit=(lambda: HuggingFaceModel('vit'), {}),
    timm=(lambda: timm.create_model('vit_small_patch14_dinov2', **TOKENS), SCALED),
    deit3=(lambda: TimmViT(**TOKENS, no_embed_class=True), {}),
    gap=(lambda: TimmViT(**TOKENS, class_token=False), dict(with_cls_token=False)))


def export(model, path, *, dynamo=False, **options):
    if dynamo:
        options.update(dynamic_shapes=({0: torch.export.Dim('batch')},), verbose=False, external_data=False)
    torch.onnx.export(model, (torch.randn(2, 3, 32, 32),), path, dynamo=dynamo, input_names=['image'], **options)
    return path


@pytest.fixture(scope='module')
def dinov2(tmp_path_factory):
    """DINOv2 in Hugging Face's form, and its export for any image size."""
    model = randomise(HuggingFaceModel('dinov2'))
    return model, export(model, tmp_path_factory.mktemp('onnx') / 'x.onnx', opset_version=14, **ANY_SIZE)


@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('source, options', [
    ('vit', dict(opset_version=17, **ANY_SIZE)), ('dinov2', dict(opset_version=17, do_constant_folding=False)),
    ('timm', dict(opset_version=14)), ('timm', dict(opset_version=20)), ('deit3', dict(opset_version=17)),
    ('gap', dict(opset_version=17)),
    *(pytest.param(source, dict(dynamo=True, opset_version=opset), marks=pytest.mark.traced)
      for source, opset in (('dinov2', 18), ('timm', 20), ('timm', 23)))])
def test_features_are_those_of_the_source(tmp_path, source, options):
    build, settings = SOURCES[source]
    model = randomise(build())
    backbone = prompted(export(model, tmp_path / 'x.onnx', **options), **settings)
    image = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(backbone(image)[0], model(image), atol=1e-5, rtol=1e-5)
    assert backbone.sourced >= set(backbone.frozen_weights)
    assert backbone.facts.items() >= dict(eps=1e-6, num_heads=3, activation='GELU', grid=(4, 4)).items()


@pytest.mark.parametrize('size', [(32, 32), (48, 64), (24, 16)])
def test_position_embeddings_are_resized_as_in_the_graph(dinov2, size):
    model, path = dinov2
    image = torch.randn(2, 3, *size)
    torch.testing.assert_close(prompted(path, img_size=size, **SCALED)(image)[0], model(image), atol=1e-5, rtol=1e-5)


def test_names_are_not_read(tmp_path, dinov2):
    model = onnx.load(dinov2[1])
    numbers = {}
    for node in model.graph.node:
        node.name = ''
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                names[index] = name and f'n{numbers.setdefault(name, len(numbers))}'
    for value in (*model.graph.initializer, *model.graph.input, *model.graph.output):
        value.name = f'n{numbers[value.name]}'
    onnx.save(model, tmp_path / 'x.onnx')
    named, numbered = (load_from_disk(str(path)) for path in (dinov2[1], tmp_path / 'x.onnx'))
    assert named['meta'] == numbered['meta']
    assert all(torch.equal(tensor, numbered['state_dict'][key]) for key, tensor in named['state_dict'].items())


def test_what_the_graph_tells_is_compared_with_the_model(dinov2):
    with pytest.raises(UsageError, match='(?s)eps is 1e-06 there and 1e-05.*num_heads is 3 there and 4'):
        prompted(dinov2[1], norm_cfg=dict(type='LN', eps=1e-5), **SCALED, arch=dict(
            embed_dims=24, num_layers=3, num_heads=4, feedforward_channels=96))


def test_it_is_converted_once(tmp_path, dinov2):
    found = convert_file(str(dinov2[1]), tmp_path / 'x.safetensors')
    assert found.family == 'VisionTransformer' and found.facts['num_heads'] == 3
    image = torch.randn(1, 3, 32, 32)
    torch.testing.assert_close(prompted(tmp_path / 'x.safetensors', **SCALED)(image)[0], dinov2[0](image), atol=1e-5,
                               rtol=1e-5)


def of(**settings):
    return lambda: TimmViT(**{**VIT, **settings})


@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('build, reason', [
    (lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 1), nn.Flatten()), 'no blocks of attention'),
    (lambda: TimmSwin(**{**SWIN, 'img_size': 32, 'window_size': 2}), 'no blocks of attention'),
    (of(reg_tokens=4), 'register tokens'), (of(pre_norm=True), 'no blocks of attention'),
    (of(qk_norm=True), r'blocks\.0\.attn has other layers inside'), (of(act_layer='relu'), 'of block 1 has Relu'),
    (of(act_layer='quick_gelu'), 'of block 1 has Mul'), (of(act_layer='gelu_tanh'), 'of block 1 has'),
    (of(pos_embed='none'), 'no position embeddings'),
    (lambda: timm.create_model('vit_base_patch16_rpn_224', **VIT, class_token=True, global_pool='token'), 'block 1'),
])
def test_another_architecture_is_one_sentence(tmp_path, build, reason):
    path = export(randomise(build()), tmp_path / 'x.onnx', opset_version=20)
    with pytest.raises(UsageError, match=rf"x\.onnx: this ONNX graph is not a ViT .*can hold: .*{reason}"):
        load_from_disk(str(path))


def change(model, old, new):
    """Attributes of nodes, or values of constants, that are one thing and become another."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == 'value' and onnx.numpy_helper.to_array(attribute.t).tolist() == old:
                attribute.t.CopyFrom(onnx.helper.make_tensor('', attribute.t.data_type, attribute.t.dims, [new]))
            elif attribute.name == old:
                attribute.CopyFrom(onnx.helper.make_attribute(old, new))


@pytest.mark.parametrize('old, new, reason', [
    (8 ** 0.5, 3., r'blocks\.0\.attn multiplies by 0\.3333 for 3 heads'), (0.5, 0.25, 'of block 1 has times'),
    ([8], 24, r'blocks\.0\.attn does not tell its heads')])
def test_a_graph_that_computes_otherwise_is_refused(tmp_path, dinov2, old, new, reason):
    model = onnx.load(dinov2[1])
    old = float(torch.tensor(old)) if isinstance(old, float) else old
    change(model, old, new)
    onnx.save(model, tmp_path / 'x.onnx')
    with pytest.raises(UsageError, match=reason):
        load_from_disk(str(tmp_path / 'x.onnx'))


def test_another_way_of_resizing_is_said(tmp_path, dinov2, monkeypatch):
    said = []
    monkeypatch.setattr('vpt_mm.weights.onnx.file.print_log', lambda text, *_: said.append(text))
    model = onnx.load(dinov2[1])
    change(model, 'mode', 'linear')
    onnx.save(model, tmp_path / 'x.onnx')
    load_from_disk(str(tmp_path / 'x.onnx'))
    assert 'x.onnx resizes its position embeddings by linear interpolation at half_pixel; here' in said[0]


def test_weights_beside_the_file_are_refused(tmp_path, dinov2):
    onnx.save(onnx.load(dinov2[1]), tmp_path / 'x.onnx', save_as_external_data=True, location='weights',
              size_threshold=0)
    with pytest.raises(UsageError, match='weights in a file beside it.*save_as_external_data=False'):
        load_from_disk(str(tmp_path / 'x.onnx'))


def test_without_onnx_the_extra_is_named(dinov2, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'onnx', None)
    with pytest.raises(UsageError, match=r'reading an ONNX file needs onnx, .*pip install "vpt-mm\[export\]"'):
        load_from_disk(str(dinov2[1]))
