"""Small folders of one's own, as users have them, and the configs that read them."""
import copy
import functools
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from PIL import Image

from vpt_mm.engine.checks.parts import leaves

CONFIGS = Path(__file__).parents[1] / 'configs' / 'own'


def read_config(name, *, DATA_ROOT='data', **variables):
    """A config of configs/own under these environment variables, with its scope as the default one."""
    config = copy.deepcopy(_read(name, tuple((key, str(value)) for key, value in sorted(variables.items()))))
    for phase in ('train', 'val', 'test'):
        for dataset in leaves(config[f'{phase}_dataloader'].dataset):
            dataset.data_root = str(DATA_ROOT)
    init_default_scope(config.default_scope)
    return config


@functools.cache
def _read(name, variables):
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in dict(variables, BACKBONE='vit-digits').items():
            patch.setenv(variable, value)
        return Config.fromfile(CONFIGS / f'{name}.py')


def write_photos(root, names=('cat', 'dog', 'fish'), each=1):
    """Folders of classes, with so many images each."""
    for name in names:
        (root / name).mkdir(parents=True)
        for number in range(each):
            Image.new('RGB', (8, 8)).save(root / name / f'{number}.png')


def write_scene(root, mask, *, name='1', part='training', image=None, **options):
    """An image and its mask, an array (H, W) or an image of Pillow's."""
    mask = mask if isinstance(mask, Image.Image) else Image.fromarray(mask)
    image = image or Image.new('RGB', mask.size, (90, 160, 30))
    for kind, picture, file in (('images', image, f'{name}.jpg'), ('annotations', mask, f'{name}.png')):
        (root / kind / part).mkdir(parents=True, exist_ok=True)
        picture.save(root / kind / part / file, **(options if kind == 'images' else {}))


def numbers(*values, size=(8, 6)):
    """A mask (H, W) of ``size`` (width, height) in which these numbers repeat."""
    return np.resize(np.array(values, np.uint8), size[0] * size[1]).reshape(size[1], size[0])


def changed(config, entries):
    """A copy of a config with other entries, named with dots."""
    config = copy.deepcopy(config)
    config.merge_from_dict(entries)
    return config
