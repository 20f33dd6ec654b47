"""Every shipped protocol: what it tunes at full size, and two training steps at a small size on bundled data."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

from tests.readmes import counts_of
from tests.runs import save_weights
from tests.small import narrow, shrink_classifier, shrink_setr, shrink_upernet, train_options
from vpt_mm.cli import train
from vpt_mm.cli.main import main
from vpt_mm.costs.parameters import read_protocol
from vpt_mm.datasets.digits.scenes import main as write_scenes

FOLDER = Path(__file__).parents[2] / 'configs' / 'protocols'
HEAD, SETR_HEADS, UPERNET_HEADS = 769 * 10, 13_143_640, 38_761_772
CLASSIFIERS = {
    'full': dict(backbone=85_798_656), 'linear': {}, 'partial-1': dict(blocks=7_089_408),
    'mlp-3': dict(head=HEAD + 2 * 768 * 769), 'side': {'side network': 585_793}, 'bias': dict(biases=102_912),
    'adapter-64': dict(adapters=230_544), 'lora-16': {'low-rank updates': 589_824}, 'cls-token': {'class token': 768},
    'rein': {'learned tokens': 1_347_841},
    'cvpt': dict(prompts=92_160), 'vfpt': dict(prompts=460_800), 'gatevpt': dict(prompts=76_823),
    'l2p': dict(prompts=46_080), 'dualprompt': dict(prompts=39_168), 'coda-prompt': dict(prompts=3_840_000),
    'mona': dict(adapters=22 * 110_082), 'adaptformer': dict(adapters=1_189_632), 'convpass': dict(adapters=327_552),
    'e2vpt': dict(prompts=464_640), 'da-vpt-20': dict(prompts=184_320),
    'ssf': {'scales and shifts': 205_824},
    'vpt-shallow-50': dict(prompts=38_400), 'vpt-deep-50': dict(prompts=460_800),
    'vpt-deep-50_bias': dict(prompts=460_800, biases=102_912),
    'vpt-deep-50_cls-token': {'prompts': 460_800, 'class token': 768},
    'vpt-deep-50_adapter-64': dict(prompts=460_800, adapters=230_544)}
SEGMENTORS = {  # of a ViT-L without a final norm, for 512x512 images
    'full': dict(backbone=304_147_456), 'head-only': {}, 'partial-1': dict(blocks=12_596_224),
    'bias': dict(biases=271_360), 'adapter-64': dict(adapters=811_392), 'lora-16': {'low-rank updates': 1_572_864},
    'cls-token': {'class token': 1_024}, 'rein': {'learned tokens': 2_530_817},
    'vpt-shallow-10': dict(prompts=10_240), 'vpt-deep-10': dict(prompts=245_760),
    'vpt-deep-100_bias': dict(prompts=2_457_600, biases=271_360), 'cvpt': dict(prompts=4_915_200),
    'vfpt': dict(prompts=245_760), 'gatevpt': dict(prompts=102_447),
    'mona': dict(adapters=48 * 143_618), 'adaptformer': dict(adapters=3_171_840), 'convpass': dict(adapters=864_000),
    'ssf': {'scales and shifts': 542_720},
    'vpt-deep-10_adapter-64': dict(prompts=245_760, adapters=811_392), 'e2vpt': dict(prompts=253_440)}
SWINS = {  # of a Swin-L with UPerNet
    'rein': {'learned tokens': 6_599_809}, 'mona': dict(adapters=5_183_328),
    'adaptformer': dict(adapters=2_329_728), 'convpass': dict(adapters=642_048),
    'cvpt': dict(prompts=3_609_600), 'vfpt': dict(prompts=180_480), 'gatevpt': dict(prompts=19_247),
    'e2vpt': dict(prompts=184_320), 'ssf': {'scales and shifts': 417_024}}
STARTED = ['vit-b-mae_spt-20', 'vit-b-mocov3_spt-20']  # from prototypes, which are a file


def path_of(protocol):
    return FOLDER / (f'vit-b_{protocol}.py' if protocol in CLASSIFIERS else f'vit-l_setr_{protocol}_ade20k.py')


def test_the_readme_counts_what_each_tunes_in_the_backbone():
    counted = {f'vit-b_{one}': parts for one, parts in CLASSIFIERS.items()}
    counted |= {f'vit-l_setr_{one}_ade20k': parts for one, parts in SEGMENTORS.items()}
    counted |= {f'swin-l_upernet_{one}_ade20k': parts for one, parts in SWINS.items()}
    counted |= {one: dict(prompts=20 * 9_216) for one in STARTED}
    assert counts_of(FOLDER) == {name: sum(count for part, count in parts.items() if part != 'head')
                                 for name, parts in counted.items()}


def test_every_config_is_listed_here():
    listed = {f'vit-b_{one}.py' for one in CLASSIFIERS} | {f'vit-l_setr_{one}_ade20k.py' for one in SEGMENTORS}
    listed |= {f'swin-l_upernet_{one}_ade20k.py' for one in SWINS}
    listed |= {f'{one}.py' for one in STARTED}
    assert {file.name for file in FOLDER.glob('*.py')} == listed


@pytest.mark.parametrize('protocol', CLASSIFIERS)
def test_what_a_classifier_tunes(protocol):
    assert read_protocol(path_of(protocol)).parts == {'head': HEAD, **CLASSIFIERS[protocol]}


@pytest.mark.parametrize('protocol', SEGMENTORS)
def test_what_a_segmentor_tunes(protocol):
    found = read_protocol(FOLDER / f'vit-l_setr_{protocol}_ade20k.py')
    assert found.parts == {**SEGMENTORS[protocol], 'head': SETR_HEADS}


@pytest.mark.parametrize('protocol', SWINS)
def test_what_a_segmentor_on_swin_tunes(protocol):
    found = read_protocol(FOLDER / f'swin-l_upernet_{protocol}_ade20k.py')
    assert found.parts == {**SWINS[protocol], 'head': UPERNET_HEADS}


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    return save_weights(tmp_path_factory.mktemp('weights') / 'base.pth')


@pytest.fixture(scope='module')
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp('scenes') / 'ade'
    write_scenes([str(folder), '--images', '4', '--val-images', '2', '--size', '64'])
    return folder


def train_small(config, folder, *, validate):
    """Train through tools/train.py's entry; returns the state dict of its last checkpoint."""
    narrow(config.model.backbone.tuning)
    config.dump(folder / 'small.py')
    train.run(train_options(folder, no_validate=not validate))
    return torch.load((folder / 'run/last_checkpoint').read_text(), weights_only=True)['state_dict']


@pytest.mark.parametrize('protocol', CLASSIFIERS)
def test_a_classifier_trains_on_digits(protocol, weights, tmp_path):
    config = shrink_classifier(Config.fromfile(path_of(protocol)), weights)
    saved = train_small(config, tmp_path, validate=protocol == 'side')
    base = torch.load(weights, weights_only=True)['state_dict']
    names = {key.removeprefix('backbone.'): tensor for key, tensor in saved.items() if key.startswith('backbone.')}
    own = {key: tensor for key, tensor in names.items() if not key.startswith('tuning.')}
    biases = sum(key.endswith('.bias') for key in base)
    expected = {'full': len(base), 'partial-1': 14, 'cls-token': 1, 'vpt-deep-50_cls-token': 1, 'bias': biases,
                'vpt-deep-50_bias': biases}
    assert len(own) == expected.get(protocol, 0)
    assert all(not torch.equal(tensor, base[key]) for key, tensor in own.items())


@pytest.mark.parametrize('name', STARTED)
def test_a_classifier_trains_from_prototypes(name, weights, tmp_path, monkeypatch):
    assert read_protocol(FOLDER / f'{name}.py').parts == dict(head=HEAD, prompts=184_320)
    monkeypatch.setenv('PROTOTYPES', str(tmp_path / 'tokens.pth'))
    config = shrink_classifier(Config.fromfile(FOLDER / f'{name}.py'), weights)
    config.dump(tmp_path / 'small.py')
    main(['prototypes', str(tmp_path / 'small.py'), str(tmp_path / 'tokens.pth'), '--tokens', '20', '--images', '4'])
    saved = train_small(config, tmp_path, validate=False)
    starts = torch.load(tmp_path / 'tokens.pth')['prototypes']
    moved = (saved['backbone.tuning.tokens'] - torch.stack(starts)).abs().max()
    assert 0 < moved < torch.stack(starts).std()


@pytest.mark.parametrize('protocol', SEGMENTORS)
def test_a_segmentor_trains_on_digit_scenes(protocol, scenes, tmp_path):
    config = shrink_setr(Config.fromfile(FOLDER / f'vit-l_setr_{protocol}_ade20k.py'), scenes)
    saved = train_small(config, tmp_path, validate=False)
    assert any(key.startswith('decode_head.') for key in saved)
    model = MODELS.build({'_scope_': 'mmseg', **config.model})
    assert saved.keys() <= model.state_dict().keys()


@pytest.mark.parametrize('protocol', SWINS)
def test_a_segmentor_on_swin_trains_on_digit_scenes(protocol, scenes, tmp_path):
    config = shrink_upernet(Config.fromfile(FOLDER / f'swin-l_upernet_{protocol}_ade20k.py'), scenes)
    saved = train_small(config, tmp_path, validate=False)
    assert any(key.startswith('backbone.tuning.') for key in saved)


def test_the_data_are_those_that_the_environment_names(monkeypatch):
    monkeypatch.setenv('DATA', 'mmpretrain::_base_/datasets/cub_bs8_384.py')
    config = Config.fromfile(path_of('vpt-deep-50'))
    assert config.model.head.num_classes == 200
    assert config.train_dataloader.dataset.type == 'CUB'
