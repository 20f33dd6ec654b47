"""WordsDecodeHead: pixels by name on any decoder, against a literal twin; other names, windows, and what is baked."""
import copy

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import ConfigDict
from mmengine.registry import MODELS
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from tests.twins.compare import assert_twins
from vpt_mm.errors import UsageError
from vpt_mm.models import bake, name_classes
from vpt_mm.models.class_texts import renamed

TEXT = dict(width=32, heads=4, layers=2, features=16)
NAMES = ['sky', 'sports_car', 'tree']
CONTEXT = dict(type='ContextPrompt', length=2)
STYLE = dict(channels=12, norm_cfg=dict(type='BN'), dropout_ratio=0, align_corners=False)
DECODERS = dict(
    setr=dict(STYLE, of='SETRUPHead', in_channels=24, num_convs=1, up_scale=2),
    upernet=dict(STYLE, of='UPerHead', in_channels=[24, 24], in_index=[0, 1], pool_scales=(1, 2)),
    projection=dict(STYLE, of='FCNHead', in_channels=24, channels=24, num_convs=0, concat_input=False))
SEGMENTER = dict(of='SegmenterMaskTransformerHead', in_channels=24, channels=24, num_layers=1, num_heads=2,
                 embed_dims=24)


def build(decoder='setr', *, tuning=None, classes=tuple(NAMES), text=(), **changes):
    text = {**TEXT, **dict(text), **({'tuning': copy.deepcopy(tuning)} if tuning else {})}
    config = dict(dict(DECODERS, segmenter=SEGMENTER)[decoder], type='WordsDecodeHead', text=text, classes=classes)
    head = MODELS.build({**config, **changes}).double()
    for parameter in head.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return head.eval()


def maps(count=2, size=3):
    return [torch.randn(count, 24, size, size, dtype=torch.float64) for _ in range(2)]


def decoded(head, features):
    """What the decoder hands to its last layer."""
    words, head.conv_seg = head.conv_seg, nn.Identity()
    found = head(features)
    head.conv_seg = words
    return found


@pytest.mark.parametrize('text', [{}, dict(image_width=24)], ids=['learned', 'own'])
@pytest.mark.parametrize('decoder', DECODERS)
def test_scores_are_scaled_cosines_of_each_pixel(decoder, text):
    head, features = build(decoder, tuning=CONTEXT, text=text, channels=24), maps()
    words = head.conv_seg
    texts = words.text.features_of(words.text.texts_of(NAMES))
    led = (words.text.image_projection if words.projection is None else words.projection).weight
    seen = F.conv2d(decoded(head, features), led[:, :, None, None])
    expected = torch.stack([words.text.logit_scale.exp() * F.cosine_similarity(seen, told[:, None, None], dim=1)
                            for told in texts], dim=1)
    learned = [words.text.tuning.tokens, *([] if words.projection is None else [words.projection.weight])]
    assert_twins((head(features),), (expected,), learned)
    assert [one for one in words.parameters() if one.requires_grad] == learned


def segmentor(**changes):
    model = MODELS.build(ConfigDict(
        dict(type='mmseg.EncoderDecoder', backbone=dict(type='PromptedViT', arch=dict(
            embed_dims=24, num_layers=2, num_heads=2, feedforward_channels=32), img_size=32, patch_size=8,
            out_type='featmap', tuning=dict(type='LinearProbe')),
             decode_head=dict(DECODERS['setr'], in_index=0, type='WordsDecodeHead', text=dict(TEXT, tuning=CONTEXT),
                              classes=NAMES),
             test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(20, 20))), **changes))
    return model.eval()


def test_other_names_are_asked_for_without_training():
    model, image = segmentor(), torch.randn(1, 3, 40, 40)
    meta = [dict(img_shape=(40, 40), ori_shape=(40, 40), pad_shape=(40, 40))]
    with torch.no_grad():
        first = model.inference(image, meta)
        assert first.shape == (1, 3, 40, 40)
        name_classes(model, ['tree', 'lake', 'Sky', 'hut'])
        other = model.inference(image, meta)
    assert other.shape == (1, 4, 40, 40) and model.num_classes == model.decode_head.num_classes == 4
    torch.testing.assert_close(other[:, 0], first[:, 2], rtol=0, atol=1e-5)
    torch.testing.assert_close(other[:, 2], first[:, 0], rtol=0, atol=1e-5)


@pytest.mark.parametrize('text', [{}, dict(image_width=24)], ids=['learned', 'own'])
@pytest.mark.parametrize('decoder', DECODERS)
def test_baked_it_gives_the_same_scores(decoder, text):
    head, features = build(decoder, tuning=CONTEXT, text=text, channels=24), maps()
    model = nn.Module()
    model.decode_head = head
    expected = head(features)
    baked = bake(model).decode_head
    torch.testing.assert_close(baked(features), expected, rtol=0, atol=1e-10)
    assert torch.equal(head(features), expected)
    plain = MODELS.build({**DECODERS[decoder], 'type': 'BakedWordsDecodeHead', 'features': 16, 'channels': 24,
                          'num_classes': 3}).double().eval()
    plain.load_state_dict(baked.state_dict())
    torch.testing.assert_close(plain(features), expected, rtol=0, atol=1e-10)
    single, short = baked.float(), [one.float() for one in features]
    assert (single(short) - expected).abs().max() < 1e-5 * expected.abs().max().clamp(min=1)


def test_copies_of_a_cascade_have_its_other_heads():
    first = dict(STYLE, type='mmseg.FCNHead', in_channels=24, num_classes=3, num_convs=1, concat_input=False)
    last = dict(STYLE, type='WordsDecodeHead', of='OCRHead', in_channels=24, ocr_channels=8, num_classes=3, text=TEXT,
                classes=NAMES)
    model = segmentor(type='mmseg.CascadeEncoderDecoder', num_stages=2, decode_head=[first, last])
    meta = [dict(img_shape=(32, 32), ori_shape=(32, 32), pad_shape=(32, 32))]
    image = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        expected = model.inference(image, meta)
        torch.testing.assert_close(bake(model).inference(image, meta), expected, rtol=0, atol=1e-4)
        turned = renamed(model, NAMES[::-1]).inference(image, meta)
        torch.testing.assert_close(turned, expected.flip(1), rtol=0, atol=1e-4)
        assert torch.equal(model.inference(image, meta), expected)


def test_losses_are_those_of_mmseg():
    head = build(tuning=CONTEXT, num_classes=3)
    samples = [SegDataSample(gt_sem_seg=PixelData(data=torch.randint(0, 3, (1, 12, 12)))) for _ in range(2)]
    samples[0].gt_sem_seg.data[:, :4] = 255
    features, labels = maps(), torch.cat([sample.gt_sem_seg.data for sample in samples])
    loss = head.loss(features, samples, {})['loss_ce']
    scores = F.interpolate(head(features), (12, 12), mode='bilinear', align_corners=False)
    expected = F.cross_entropy(scores, labels, ignore_index=255, reduction='sum') / labels.numel()
    torch.testing.assert_close(loss, expected, rtol=0, atol=1e-8)  # mmseg adds a float's epsilon to the count


def test_initialising_leaves_the_text_tower_as_it_is():
    head = build(init_cfg=dict(type='Constant', layer='LayerNorm', val=1., bias=5.))
    assert torch.all((head.norm.bias - 5).abs() < 1)
    first = {key: tensor.clone() for key, tensor in head.conv_seg.text.state_dict().items()}
    head.conv_seg.text.init_weights = lambda: None  # where a file would be loaded
    head.init_weights()
    assert all(torch.equal(tensor, first[key]) for key, tensor in head.conv_seg.text.state_dict().items())


@pytest.mark.parametrize('changes, message', [
    (dict(decoder='segmenter'), 'layer conv_seg of a decode head, and SegmenterMaskTransformerHead has none'),
    (dict(out_channels=1), 'leave out_channels=1 out'), (dict(classes=['sky']), '2 classes or more'),
    (dict(classes=['sky', 'Sky']), "different names, got 'sky' and 'Sky'"),
    (dict(text=dict(image_width=20)), 'takes image_width=20 channels, and the decoder gives 12'),
    (dict(tuning=dict(type='ConditionalContext', length=2, reduction=4), text=dict(image_width=12)),
     'makes texts of the feature of an image, and pixels have none'),
    (dict(templates=['a photo']), 'PixelTexts: templates need one')])
def test_what_makes_no_head(changes, message):
    with pytest.raises(UsageError, match=message):
        build(**changes)


def test_only_words_are_named_and_baked():
    model = nn.Module()
    model.decode_head = MODELS.build(dict(type='mmseg.FCNHead', in_channels=4, channels=4, num_classes=3))
    with pytest.raises(UsageError, match='this model has FCNHead'):
        name_classes(model, NAMES)
    with pytest.raises(UsageError, match='this model has FCNHead'):
        bake(model)
    with pytest.raises(UsageError, match='no classes yet'):
        build(classes=None)(maps())
