"""WordsHead: which classes it knows, what it computes, how it trains, and what is left once it is baked."""
import copy
from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DATASETS, MODELS
from mmengine.runner import Runner
from safetensors.torch import load_file

from tests.runs import RandomImages, run_config
from tests.twins.compare import assert_twins
from tests.words import TEXT, config_of
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning.tokens import tokenize

NAMES = ['cat', 'sports_car', 'tree']
CONTEXT = dict(type='ContextPrompt', length=2)


def build(tuning=None, classes=tuple(NAMES), text=(), **head):
    text = {**TEXT, **dict(text), **({'tuning': copy.deepcopy(tuning)} if tuning else {})}
    model = MODELS.build(dict(type='WordsHead', text=text, classes=classes, **head)).double()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def features(count=4, width=24):
    return (torch.randn(count, width, dtype=torch.float64),)


def test_templates_are_averaged():
    templates = ['a photo of a {}.', '{} in the snow.']
    head, images = build(templates=templates), features()
    told = torch.stack([torch.stack([
        F.normalize(head.text(tokenize(template.replace('{}', name)))[0][0], dim=0) for template in templates]).mean(0)
        for name in ('cat', 'sports car', 'tree')])
    pictures = F.normalize(head.text.image_projection(images[0]), dim=-1)
    expected = head.text.logit_scale.exp() * pictures @ F.normalize(told, dim=-1).t()
    torch.testing.assert_close(head(images), expected, rtol=0, atol=1e-10)
    assert not any(parameter.requires_grad for parameter in head.parameters())


@pytest.mark.parametrize('tuning', [None, CONTEXT, dict(type='DeepPrompt', length=2)])
def test_texts_are_kept_until_something_changes(tuning):
    head, images, passes = build(tuning), features(), []
    head.text.register_forward_hook(lambda *args: passes.append(1))
    with torch.no_grad():
        first = head(images)
        assert torch.equal(head(images), first) and len(passes) == 1
        if tuning:
            next(head.text.tuning.parameters()).mul_(2)
            assert not torch.equal(head(images), first) and len(passes) == 2
        head.name_classes(['dog', 'cat'])
        assert head(images).shape == (4, 2)
    torch.testing.assert_close(head(images)[:, 1], build_again(head, ['cat'])(images)[:, 0], rtol=0, atol=1e-10)
    head(images)
    assert len(passes) == (2 if tuning is None else 5)  # what learns is computed anew where gradients are


def build_again(head, classes):
    other = copy.deepcopy(head)
    other.text._forward_hooks.clear()
    other.name_classes(classes)
    return other


@pytest.mark.parametrize('chunk', [1, 2])
def test_chunks_equal_the_whole(chunk):
    parts, whole = build(CONTEXT, chunk=chunk), build(CONTEXT)
    images = features()
    labels = torch.tensor([0, 1, 2, 0])
    whole.text = parts.text
    losses = [(F.cross_entropy(head(images), labels),) for head in (parts, whole)]
    assert_twins(*losses, [parts.text.tuning.tokens])


@pytest.mark.parametrize('tuning', [None, CONTEXT, dict(type='DeepPrompt', length=2)])
def test_baked_it_gives_the_same_scores(tuning):
    head, images = build(tuning, topk=(1, 2)), features()
    baked = head.bake()
    torch.testing.assert_close(baked(images), head(images), rtol=0, atol=1e-10)
    assert baked.num_classes == 3 and baked.topk == (1, 2)
    assert sum(one.numel() for one in baked.parameters()) == 24 * 16 + 16 * 3 + 3
    single, short = head.float(), (images[0].float(),)
    assert (single.bake()(short) - single(short)).abs().max() < 1e-5


@pytest.mark.parametrize('tuning', [CONTEXT, dict(type='ConditionalContext', length=2, reduction=4)])
def test_cosines_are_not_of_half_precision(tuning):
    head, images = build(tuning).float(), (features()[0].float(),)
    head.text.logit_scale.data.fill_(4.6)  # a scale of 100
    with torch.autocast('cpu', torch.bfloat16):
        scores = head(images)
        texts, pictures = head.text_features(images[0]), head.text.direction(images[0])
    texts = F.normalize(texts.double(), dim=-1).expand(4, 3, 16)
    exact = (pictures.double()[:, None] * texts).sum(dim=-1)
    assert scores.dtype == torch.float32
    torch.testing.assert_close(scores.double(), exact * head.text.logit_scale.double().exp(), rtol=0, atol=1e-4)


def test_what_depends_on_the_image_is_not_baked():
    head = build(dict(type='ConditionalContext', length=2, reduction=4))
    scores = head(features())
    assert scores.shape == (4, 3)
    with pytest.raises(UsageError, match='no linear head'):
        head.bake()


def test_an_image_does_not_change_with_the_rest_of_the_batch():
    head, (images,) = build(dict(type='ConditionalContext', length=2, reduction=4)), features()
    torch.testing.assert_close(head((images[:1],)), head((images,))[:1], rtol=0, atol=1e-12)


def test_classes_come_from_a_list_a_file_or_a_dataset(tmp_path):
    (tmp_path / 'names.txt').write_text('cat\n\nsports car\n', encoding='utf-8')
    assert build(classes=str(tmp_path / 'names.txt')).names == ['cat', 'sports car']
    assert build(classes=dict(dataset='mmpretrain.CIFAR10')).names[:2] == ['airplane', 'automobile']
    assert build(classes=NAMES).num_classes == 3
    with pytest.raises(UsageError, match='no classes yet.*ClassNamesHook'):
        build(classes=None)(features())


@pytest.mark.parametrize('changes, message', [
    (dict(classes=['sports_car', 'Sports  car']), "different names, got 'sports_car' and 'Sports  car'"),
    (dict(classes=[]), 'at least one'), (dict(classes=['cat', 3]), 'must be names'),
    (dict(classes='nowhere.txt'), 'no file nowhere.txt'),
    (dict(classes=dict(dataset='mmpretrain.CustomDataset')), 'lists its classes'),
    (dict(classes=['cat ' * 80]), 'at most 77 tokens'), (dict(templates=['a photo']), 'one {} each'),
    (dict(templates=[]), 'one {} each'), (dict(chunk=0), 'chunk'), (dict(text=dict(image_width=None)), 'image_width'),
    (dict(tuning=dict(CONTEXT, classes=2)), 'each of 2 classes, and is asked for 3')])
def test_what_makes_no_classes(changes, message):
    with pytest.raises(UsageError, match=message):
        build(**changes)


@pytest.mark.parametrize('given, learned, count', [
    (dict(context=dict(type='ContextPrompt', words='a photo of a')), ['head.text.tuning.tokens'], 4 * 32),
    (dict(image=dict(type='DeepPrompt', length=2), classes=['x', 'y', 'z']), ['backbone.tuning.tokens'], 4 * 2 * 32),
    (dict(image=dict(type='DeepPrompt', length=2), context=dict(type='ContextPrompt', length=2)),
     ['backbone.tuning.tokens', 'head.text.tuning.tokens'], 4 * 2 * 32 + 2 * 32)], ids=['coop', 'vpt', 'both'])
def test_a_classifier_trains_and_its_checkpoint_holds_what_it_learned(tmp_path, given, learned, count):
    runner = Runner.from_cfg(config_of(tmp_path, **given))
    model = runner.model
    model.init_weights()
    first = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    runner.train()
    assert model.head.names == (given.get('classes') or ['a', 'b', 'c'])
    file = tmp_path / 'run' / 'iter_6.pth'
    state = torch.load(file, weights_only=False)['state_dict']
    assert sorted(state) == learned
    assert sum(tensor.numel() for tensor in state.values()) == count and file.stat().st_size < 60_000
    assert {key for key, tensor in model.state_dict().items() if not torch.equal(tensor, first[key])} == set(learned)
    tester = Runner.from_cfg(config_of(tmp_path, **given, load_from=str(file)))
    assert tester.test().keys() == {'accuracy/top1'}
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(tester.model.eval()(images), model.eval()(images))


def test_where_nothing_learns_the_file_is_all_that_a_test_needs(tmp_path):
    tester = Runner.from_cfg(config_of(tmp_path))
    tester.test()
    held = load_file(tmp_path / 'clip.safetensors')
    assert torch.equal(tester.model.head.text.token_embedding.weight, held['token_embedding.weight'])
    assert torch.equal(tester.model.backbone.cls_token[0, 0], held['visual.class_embedding'])
    with pytest.raises(UsageError, match='testing needs a checkpoint'):
        Runner.from_cfg(config_of(tmp_path, context=CONTEXT)).test()


@DATASETS.register_module()
class OtherImages(RandomImages):
    metainfo = dict(classes=('d', 'e', 'f'))


def test_a_context_is_tested_on_new_classes_unless_each_has_its_own(tmp_path):
    for own, message in ((None, None), (3, 'each of the classes a, b, c, and the data has d, e, f')):
        context = dict(type='ContextPrompt', length=2, classes=own)
        Runner.from_cfg(config_of(tmp_path, context=context)).train()
        config = config_of(tmp_path, context=context, load_from=str(tmp_path / 'run' / 'iter_6.pth'))
        config.test_dataloader.dataset.type = 'OtherImages'
        tester = Runner.from_cfg(config)
        with pytest.raises(UsageError, match=message) if message else nullcontext():
            tester.test()
        assert message or tester.model.head.names == ['d', 'e', 'f']


def test_training_keeps_its_classes_where_validation_has_others(tmp_path):
    config = config_of(tmp_path, context=CONTEXT)
    config.val_dataloader.dataset.type = 'OtherImages'
    runner, named = Runner.from_cfg(config), []
    name_classes = runner.model.head.name_classes
    runner.model.head.name_classes = lambda names: named.append(''.join(names)) or name_classes(names)
    runner.train()
    assert named == ['abc', *['def', 'abc'] * 3]


def test_words_of_the_context_are_those_of_the_file(tmp_path):
    model = Runner.from_cfg(config_of(tmp_path, context=dict(type='ContextPrompt', words='a photo of a'))).model
    model.init_weights()
    words = model.head.text.token_embedding(tokenize('a photo of a')[0, 1:5])
    assert torch.equal(model.head.text.tuning.tokens, words) and words.std() > 0.5


def test_the_hook_is_for_this_head_alone(tmp_path):
    config = run_config(tmp_path, hooks=[dict(type='ClassNamesHook')])
    config.custom_hooks[0].allow_random_backbone = True
    with pytest.raises(UsageError, match='ClassNamesHook is for a WordsHead or'):
        Runner.from_cfg(config).train()


def test_a_model_without_memory_knows_its_texts(tmp_path):
    model = build_weightless(config_of(tmp_path, context=CONTEXT, classes=['cat', 'dog']).model, scope='mmpretrain')
    plain = build_weightless(config_of(tmp_path, classes=['cat', 'dog']).model, scope='mmpretrain')
    assert torch.equal(plain.head.texts[0].ids, tokenize(['a photo of a cat.', 'a photo of a dog.'])[:, :8])
    assert model.head.texts[0].slots.tolist() == [[1, 2], [1, 2]] and model.head.text.pos_embed.is_meta


def test_training_on_new_classes_goes_on_from_the_context(tmp_path):
    first = Runner.from_cfg(config_of(tmp_path, context=CONTEXT))
    first.train()
    config = config_of(tmp_path, context=CONTEXT, load_from=str(tmp_path / 'run' / 'iter_6.pth'))
    config.train_dataloader.dataset.type = config.val_dataloader.dataset.type = 'OtherImages'
    config.optim_wrapper.optimizer = dict(type='SGD', lr=1e-12)
    runner = Runner.from_cfg(config)
    runner.train()
    assert runner.model.head.names == ['d', 'e', 'f']
    torch.testing.assert_close(runner.model.head.text.tuning.tokens, first.model.head.text.tuning.tokens)
