"""DomainWordsHead: DAPL's losses against a literal twin, batches without a sure guess, and a run on two domains."""
import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DATASETS, MODELS
from mmengine.runner import Runner
from mmpretrain.structures import DataSample
from safetensors.torch import load_file

from tests.runs import RandomImages
from tests.twins.compare import assert_twins
from tests.words import config_of
from vpt_mm.errors import UsageError
from vpt_mm.tasks.publish import publish_task
from vpt_mm.tuning.domain import SOURCE, TARGET
from vpt_mm.tuning.tokens import tokenize

NAMES = ['cat', 'sports_car', 'tree']
CONTEXT = dict(type='DomainContext', length=2, domain_length=2, source='art', target='photo')
TEMPLATES = ['a photo of a {}.', '{} in the snow.']


def build(context=CONTEXT, **head):
    text = dict(width=32, heads=4, layers=2, features=16, image_width=24, tuning=dict(context))
    model = MODELS.build(dict(type='DomainWordsHead', text=text, templates=TEMPLATES, **{'classes': NAMES, **head}))
    model = model.double()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model.train()


def batch(labels):
    samples = [DataSample().set_gt_label(label) for label in labels]
    return (torch.randn(len(labels), 24, dtype=torch.float64),), samples


def literal(head, images, labels):
    """Losses as in section 3.3 of the paper, image by image; the share of sure guesses; which images those are."""
    tower = head.text

    def scores(image, features):
        image = tower.image_projection(image)
        return tower.logit_scale.exp() * F.normalize(image, dim=0) @ F.normalize(features, dim=-1).t()

    words = [tower.features_of(tower.texts_of(NAMES, domain=domain)) for domain in (SOURCE, TARGET)]
    with torch.no_grad():
        plain = torch.stack([F.normalize(tower.plain(tokenize([template.replace('{}', name.replace('_', ' '))
                                                               for name in NAMES]))[0], dim=-1)
                             for template in TEMPLATES]).mean(dim=0)
    source, target, unlabelled = [], [], 0
    for image, label in zip(images, labels):
        if label >= 0:
            source.append(-scores(image, words[SOURCE]).log_softmax(0)[label])
            continue
        unlabelled += 1
        chances = scores(image, plain).softmax(0)
        if chances.max() >= head.threshold:
            target.append(-scores(image, words[TARGET]).log_softmax(0)[chances.argmax()])
    return sum(source) / len(source), head.target_weight * sum(target) / len(target), len(target) / unlabelled


@pytest.mark.parametrize('own', [None, 3], ids=['shared', 'own'])
def test_losses_equal_their_literal_twin(own):
    head = build(dict(CONTEXT, classes=own), target_weight=0.7, threshold=0.6)
    labels = [2, -1, 0, -1, -1, 1, -1, -1]
    feats, samples = batch(labels)
    losses, (source, target, share) = head.loss(feats, samples), literal(head, feats[0], labels)
    assert 0 < share < 1 and losses['confident'].item() == pytest.approx(share)
    assert_twins((losses['loss_source'], losses['loss_target']), (source, target),
                 [head.text.tuning.tokens, head.text.tuning.domains])


@pytest.mark.parametrize('labels, threshold', [([2, -1, -1], 1.), ([2, 0], 0.5)], ids=['unsure', 'no target'])
def test_a_batch_without_a_sure_guess_costs_nothing(labels, threshold):
    head = build(threshold=threshold)
    losses = head.loss(*batch(labels))
    assert losses['loss_target'] == 0 and losses['confident'] == 0 and losses['loss_source'] > 0
    sum(losses.values()).backward()
    gradient = head.text.tuning.domains.grad
    assert gradient[SOURCE].any() and not gradient[TARGET].any() and torch.isfinite(head.text.tuning.tokens.grad).all()


def test_a_batch_of_the_target_alone_has_no_source_loss():
    head = build(threshold=0.)
    losses = head.loss(*batch([-1, -1]))
    assert losses['loss_source'] == 0 and losses['loss_target'] > 0 and losses['confident'] == 1


def test_it_predicts_by_the_targets_words_and_bakes_them():
    head, feats = build().eval(), batch([0, 1])[0]
    features = head.text.features_of(head.text.texts_of(NAMES, domain=TARGET))
    expected = head.text.scores(feats[0], features)
    torch.testing.assert_close(head(feats), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(head.bake()(feats), expected, rtol=0, atol=1e-10)


def test_pretrained_texts_are_computed_once():
    head, passes = build(), []
    plain = head.text.plain
    head.text.plain = lambda ids: passes.append(1) or plain(ids)
    for _ in range(2):
        head.loss(*batch([0, -1]))
        head.text.tuning.tokens.data.add_(0.1)
    assert len(passes) == len(TEMPLATES)


@pytest.mark.parametrize('given, message', [
    (dict(threshold=1.5), 'threshold must be 0..1'), (dict(target_weight=-1), 'target_weight'),
    (dict(context=dict(type='ContextPrompt', length=2)), "type='DomainContext'")])
def test_what_is_no_adaptation(given, message):
    with pytest.raises(UsageError, match=message):
        build(**given)


@DATASETS.register_module()
class Unlike(RandomImages):
    """Another domain, whose labels would stop a run that looked at them."""

    def __init__(self, **images):
        super().__init__(**images)
        self.images, self.labels = 255 - self.images, self.labels + 90


def adapt(folder, **changes):
    config = config_of(folder, context=CONTEXT, val_dataloader=None, val_cfg=None, val_evaluator=None, **changes)
    config.model.head.update(type='DomainWordsHead', threshold=0.)
    config.train_dataloader.sampler = dict(type='DomainSampler')
    config.train_dataloader.dataset = dict(
        type='SourceAndTarget', datasets=[dict(type='RandomImages', count=5), dict(type='Unlike')])
    config.train_cfg = dict(by_epoch=True, max_epochs=2)
    config.param_scheduler = None
    config.default_hooks.checkpoint.update(by_epoch=True, interval=2)
    return config


def test_a_run_moves_the_words_of_both_domains_alone(tmp_path):
    runner = Runner.from_cfg(adapt(tmp_path))
    runner.model.init_weights()
    first = {key: tensor.clone() for key, tensor in runner.model.state_dict().items()}
    runner.train()
    learned = ['head.text.tuning.domains', 'head.text.tuning.tokens']
    now = runner.model.state_dict()
    assert [key for key in sorted(now) if not torch.equal(now[key], first[key])] == learned
    assert not any(torch.equal(*pair) for pair in zip(now[learned[0]], first[learned[0]]))
    file = tmp_path / 'run' / 'epoch_2.pth'
    assert sorted(torch.load(file, weights_only=False)['state_dict']) == learned
    assert Runner.from_cfg(adapt(tmp_path, load_from=str(file))).test().keys() == {'accuracy/top1'}
    publish_task(file, tmp_path / 'task.safetensors', served=False)
    assert load_file(tmp_path / 'task.safetensors').keys() == set(learned)
