"""GuideHook: classes are grouped by their mean features, anew after each epoch, and resumed runs know the groups."""
import pytest
import torch

from tests.runs import RandomImages, build_runner, changed, run_config, save_weights
from vpt_mm.engine.guide_hook import GuideHook, labels_of
from vpt_mm.errors import UsageError
from vpt_mm.models.build import build_model
from vpt_mm.tuning.prototypes import ClassMeans


@pytest.fixture
def config(tmp_path):
    """Two epochs of two steps."""
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'),
                        tuning=dict(type='GuidedPrompt', length=2))
    config.train_cfg = dict(by_epoch=True, max_epochs=2)
    config.train_dataloader.sampler = dict(type='DefaultSampler', shuffle=True)
    config.param_scheduler = config.val_dataloader = config.val_cfg = config.val_evaluator = None
    config.default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', interval=1))
    return config


def hook_of(runner):
    return next(hook for hook in runner.hooks if isinstance(hook, GuideHook))


def test_the_losses_are_of_the_groups_and_a_resumed_run_goes_on(config):
    whole = build_runner(config)
    whole.train()
    assert {'train/loss_patches', 'train/loss_classes'} <= whole.message_hub.log_scalars.keys()
    groups = hook_of(whole).groups
    assert groups.shape == (3,) and set(groups.tolist()) == {0, 1}
    resumed = build_runner(changed(config, load_from=f'{config.work_dir}/epoch_1.pth', resume=True))
    resumed.train()
    assert torch.equal(hook_of(resumed).groups, groups)
    for key, tensor in resumed.model.state_dict().items():
        assert torch.equal(tensor, whole.model.state_dict()[key]), key


def test_the_first_groups_are_of_all_images_and_draw_no_numbers(config):
    torch.manual_seed(3)
    model, hook, means = build_model(config), GuideHook(), ClassMeans(3)
    model.backbone.init_weights()
    images, labels = RandomImages().images.float(), RandomImages().labels
    with torch.no_grad():
        means.add(model.backbone((images - 127) / 60)[0], labels)
    hook.classes, state = 3, torch.get_rng_state()
    found = hook.look(type('Run', (), dict(cfg=config)), model, model.backbone)
    assert torch.equal(torch.get_rng_state(), state) and model.training
    assert torch.equal(found.counts, torch.bincount(labels, minlength=3))
    torch.testing.assert_close(found.means, means.means, rtol=0, atol=1e-5)


def test_a_class_without_images_is_left_out():
    hook, means = GuideHook(), ClassMeans(4)
    means.add(torch.tensor([[0., 0.], [9., 0.], [9., 1.]]), torch.tensor([0, 2, 3]))
    hook.classes, hook.length, hook.device = 4, 2, torch.device('cpu')
    hook.group(means)
    assert hook.groups[2] == hook.groups[3] != hook.groups[0] and len(hook.centres) == 2


@pytest.mark.parametrize('entries, message', [
    (dict(train_cfg=dict(type='IterBasedTrainLoop', max_iters=2, _delete_=True)), 'set by_epoch=True in train_cfg'),
    (dict(compile=True), 'set compile=False'),
    (dict(model__train_cfg=dict(augments=dict(type='Mixup', alpha=0.8))), 'model.train_cfg.augments blends them')])
def test_what_has_no_groups(config, entries, message):
    with pytest.raises(UsageError, match=message):
        build_runner(changed(config, **entries)).train()


def test_images_of_several_labels_are_refused():
    from mmpretrain.structures import DataSample
    with pytest.raises(UsageError, match='needs one label for each image'):
        labels_of([DataSample().set_gt_label(torch.tensor([1, 2]))])
