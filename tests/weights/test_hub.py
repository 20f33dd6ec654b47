"""`hf-hub:` and `timm://`: whole models of open_clip into both towers, from the hub's cache or fetched; no network."""
import json

import huggingface_hub
import pytest
import torch
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError
from safetensors.torch import save_file

from tests.clip import IMAGE, TEXT, clip, load, said
from vpt_mm.errors import UsageError
from vpt_mm.weights import hub as of_hub

NAME = 'vit_base_patch16_clip_224.laion2b'
BOTH = [f'hf-hub:timm/{NAME}', f'timm://{NAME}']


def source(checkpoint):
    return dict(type='Pretrained', checkpoint=checkpoint)


@pytest.fixture
def cached(hub):
    """A whole model in the cache, and its configuration."""
    def write(content, state=None):
        file = hub(NAME, 'open_clip_model.safetensors')
        save_file(clip() if state is None else state, file)
        (file.parent / 'open_clip_config.json').write_text(json.dumps(content), encoding='utf-8')
    return write


@pytest.mark.parametrize('name', BOTH)
def test_a_cached_model_arrives_without_a_network(cached, name):
    state = clip()
    cached(said(), state)
    tower = load(TEXT, source(name))
    assert torch.equal(tower.image_projection.weight, state['visual.proj'].t())
    if name in BOTH[:1]:
        vit = load(IMAGE, source(name))
        assert torch.equal(vit.cls_token[0, 0], state['visual.class_embedding'])
        assert vit.facts['mean'] == (0.5, 0.4, 0.3)
    with pytest.raises(UsageError, match='set heads=1'):
        load(TEXT, source(name), heads=2)


@pytest.mark.parametrize('name', BOTH)
def test_the_configuration_in_the_repository_counts(cached, name):
    cached(said(quick_gelu=True))
    with pytest.raises(UsageError, match="set activation='QuickGELU'"):
        load(TEXT, source(name))
    with pytest.raises(UsageError, match='activation is QuickGELU there'):
        load(IMAGE, source(BOTH[0]))


@pytest.mark.parametrize('name', BOTH)
def test_no_network_says_what_to_do(hub, name):
    with pytest.raises(UsageError, match=f'{name} is not in the cache.*timm/{NAME} cannot be reached.*give the path'):
        load(TEXT, source(name))


@pytest.mark.parametrize('held, message', [
    (of_hub.WHOLE[:1], ''), (of_hub.WHOLE[1:], ''), ((), 'no whole model of open_clip.*in a repository timm/'),
    (None, 'cannot be reached')])
def test_what_is_not_in_the_cache_is_fetched(hub, tmp_path, monkeypatch, held, message):
    state, asked = clip(), []

    def download(repository, name):
        asked.append(name)
        if held is None:
            raise LocalEntryNotFoundError('the line is down')
        if name.endswith('.json'):
            (tmp_path / name).write_text(json.dumps(said()), encoding='utf-8')
        elif name not in held:
            raise EntryNotFoundError('404')
        elif name.endswith('.bin'):
            torch.save(state, tmp_path / name)
        else:
            save_file(state, tmp_path / name)
        return str(tmp_path / name)

    monkeypatch.setattr(of_hub, 'reach_hub', lambda repository: asked.append(repository))
    monkeypatch.setattr(huggingface_hub, 'hf_hub_download', download)
    if message:
        with pytest.raises(UsageError, match=message):
            load(TEXT, source(BOTH[0]))
    else:
        assert torch.equal(load(TEXT, source(BOTH[0])).token_embedding.weight, state['token_embedding.weight'])
    assert asked[:2] == [f'timm/{NAME}', 'open_clip_config.json']


@pytest.mark.parametrize('name', ['hf-hub:a/b/c', 'hf-hub:', 'hf-hub:../x', 'timm://gcvit_base.in1k'])
def test_names_that_no_repository_has(hub, name):
    """The weights of the last one are a file at an address."""
    with pytest.raises(UsageError, match='no whole model of open_clip'):
        load(TEXT, source(name))
