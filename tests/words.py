"""A run of a classifier by names on a made-up CLIP."""
from tests.clip import LIKE_CLIP, WORDS, write_clip
from tests.runs import run_config

TEXT = dict(width=32, heads=4, layers=2, features=16, image_width=24)


def config_of(folder, *, context=None, image=None, classes=None, **changes):
    nothing, file = dict(type='LinearProbe'), folder / 'clip.safetensors'
    pretrained = dict(type='Pretrained', checkpoint=str(file) if file.exists() else write_clip(file))
    config = run_config(folder / 'run', tuning=image or nothing, **changes)
    config.model.backbone.update(**LIKE_CLIP, init_cfg=pretrained)
    config.model.head = dict(type='WordsHead', classes=classes, text=dict(
        WORDS, tuning=context or nothing, init_cfg=pretrained))
    if classes is None:
        config.custom_hooks.append(dict(type='ClassNamesHook'))
    return config
