"""A made-up CLIP of two small towers as one file, and a run of a classifier by names on it."""
import torch
from safetensors.torch import save_file

from tests.runs import run_config

TEXT = dict(width=32, heads=4, layers=2, features=16, image_width=24)


def write_clip(path):
    """A made-up CLIP whose image tower is that of tests/runs.py, as one file; returns its path."""
    def blocks(width, hidden, place, count):
        layer = f'{place}transformer.resblocks.'
        return {f'{layer}{number}.{name}': torch.randn(*shape) / 10 for number in range(count) for name, shape in {
            'ln_1.weight': (width,), 'ln_1.bias': (width,), 'ln_2.weight': (width,), 'ln_2.bias': (width,),
            'attn.in_proj_weight': (3 * width, width), 'attn.in_proj_bias': (3 * width,),
            'attn.out_proj.weight': (width, width), 'attn.out_proj.bias': (width,),
            'mlp.c_fc.weight': (hidden, width), 'mlp.c_fc.bias': (hidden,),
            'mlp.c_proj.weight': (width, hidden), 'mlp.c_proj.bias': (width,)}.items()}
    shapes = {'visual.class_embedding': (32,), 'visual.positional_embedding': (17, 32), 'visual.proj': (32, 16),
              'visual.conv1.weight': (32, 3, 8, 8), 'token_embedding.weight': (49408, 32), 'text_projection': (32, 16),
              'positional_embedding': (77, 32), **{f'{norm}.{part}': (32,) for part in ('weight', 'bias') for norm in (
                  'visual.ln_pre', 'visual.ln_post', 'ln_final')}}
    save_file({**blocks(32, 64, 'visual.', 4), **blocks(32, 128, '', 2), 'logit_scale': torch.tensor(3.),
               **{key: torch.randn(*shape) for key, shape in shapes.items()}}, path)
    return str(path)


def config_of(folder, *, context=None, image=None, classes=None, **changes):
    nothing, file = dict(type='LinearProbe'), folder / 'clip.safetensors'
    pretrained = dict(type='Pretrained', checkpoint=str(file) if file.exists() else write_clip(file))
    config = run_config(folder / 'run', tuning=image or nothing, **changes)
    config.model.backbone.update(pre_norm=True, patch_cfg=dict(bias=False), norm_cfg=dict(type='LN', eps=1e-5),
                                 init_cfg=pretrained)
    config.model.head = dict(type='WordsHead', classes=classes, text=dict(
        TEXT, image_width=32, tuning=context or nothing, init_cfg=pretrained))
    if classes is None:
        config.custom_hooks.append(dict(type='ClassNamesHook'))
    return config
