"""Where a backbone comes from: the user's word counts, and a file's only where it names timm's weights."""
import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save

from tests import served
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.shared.source import backbone_of
from vpt_mm.errors import UsageError
from vpt_mm.weights.header import seal

DEEP = dict(type='DeepPrompt', length=2)


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    """Weights, a config and a task file."""
    folder = tmp_path_factory.mktemp('tasks')
    weights = served.save_base(folder / 'base.pth')
    config = served.classifier(weights, DEEP)
    return weights, config, served.write_task(folder / 'task.safetensors', config)


def changed(file, out, change):
    """A copy whose description was changed, sealed again."""
    with safe_open(file, 'pt') as opened:
        header, state = opened.metadata(), {key: opened.get_tensor(key) for key in opened.keys()}
    task = json.loads(header['task'])
    change(task)
    header['task'] = json.dumps(task, ensure_ascii=False, sort_keys=True)
    out.write_bytes(save(state, dict(header, seal=seal(header, state))))
    return out


def test_a_file_says_what_the_backbone_is_and_the_user_where_its_weights_are(made):
    weights, config, file = made
    for source in (file, file.with_suffix('.pth')):
        found = backbone_of(source, weights)
        assert found['init_cfg'] == dict(type='Pretrained', checkpoint=weights) and 'tuning' not in found
        assert found['arch'] == config.model.backbone.arch and found['img_size'] == 32


@pytest.mark.parametrize('name', ['timm://vit_tiny_patch16_224.augreg_in21k', 'timm://resnet50'])
def test_names_of_timm_are_taken(made, tmp_path, name):
    file = changed(made[2], tmp_path / 'x.safetensors', lambda task: task.update(base={'backbone.': name}))
    assert backbone_of(file)['init_cfg']['checkpoint'] == name


@pytest.mark.parametrize('name', [
    '/etc/passwd', 'base.pth', 'http://127.0.0.1:9/x.pth', 's3://a/b', 'timm://hf-hub:a/b', 'timm://local-dir:/tmp',
    'timm://../x', 'timm://', 'timm://a timm://b', ''])
def test_places_that_a_file_names_are_not_opened(made, tmp_path, name):
    file = changed(made[2], tmp_path / 'x.safetensors', lambda task: task.update(base={'backbone.': name}))
    with pytest.raises(UsageError, match=r'is not opened: say where they are on this machine, by checkpoint=FILE'):
        backbone_of(file)


def test_a_name_that_timm_does_not_have(made, tmp_path):
    file = changed(made[2], tmp_path / 'x.safetensors', lambda task: task.update(base={'backbone.': 'timm://nosuch'}))
    with pytest.raises(UsageError, match="timm has no pretrained weights named 'nosuch'"):
        TaskInferencer(file, device='cpu')


@pytest.mark.parametrize('entries, reason', [
    (dict(arch=dict(embed_dims=32_768, num_layers=128, num_heads=1, feedforward_channels=32_768)),
     r'of [\d,]{15,} weights, more than there can be in .*base.pth'),
    (dict(out_indices=[9]), 'describes a backbone that cannot be built: AssertionError')])
def test_a_backbone_beyond_its_weights_takes_no_memory(made, tmp_path, entries, reason):
    file = changed(made[2], tmp_path / 'x.safetensors', lambda task: task['model']['backbone'].update(entries))
    with pytest.raises(UsageError, match=reason):
        backbone_of(file, made[0])


def test_a_config_is_the_users_own(made):
    weights, config, _ = made
    found = backbone_of(config)
    assert found['init_cfg']['checkpoint'] == weights and found['tuning'] == config.model.backbone.tuning
    assert backbone_of(config, 'elsewhere.pth')['init_cfg']['checkpoint'] == 'elsewhere.pth'
    own = dict(type='MyOwnBackbone', width=3)
    assert backbone_of(dict(model=dict(backbone=own))) == dict(own, init_cfg=None)
    with pytest.raises(UsageError, match='a config with model.backbone is needed, got dict without one'):
        backbone_of(dict(model=dict(head=3)))


def test_a_config_that_says_the_same_otherwise_takes_the_task(made):
    _, config, file = made
    backbone = dict(config.model.backbone, type='vpt_mm.PromptedViT', norm_cfg=dict(
        type='LN', eps=1e-6, requires_grad=True), drop_path_rate=0.1, out_indices=-1)
    one = TaskInferencer(dict(model=dict(backbone=backbone)), device='cpu', tasks=dict(task=file))
    assert one.tasks['task'].mixes


def test_another_file_is_no_source(tmp_path):
    torch.save(dict(state_dict={'a': torch.ones(1)}), tmp_path / 'x.pth')
    with pytest.raises(UsageError, match='neither a task file nor a checkpoint of PromptCheckpointHook'):
        backbone_of(tmp_path / 'x.pth')
