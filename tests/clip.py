"""Made-up models of CLIP as open_clip saves them, and towers of ours that fit."""
import copy

import torch
from mmengine.registry import MODELS
from safetensors.torch import save_file

WIDE, NARROW, FEATURES, VOCABULARY, CONTEXT = 128, 64, 16, 40, 12
TEXT = dict(type='PromptedTextTower', width=NARROW, heads=1, layers=2, context=CONTEXT, vocabulary=VOCABULARY,
            features=FEATURES, image_width=WIDE)
IMAGE = dict(type='PromptedViT', arch=dict(embed_dims=WIDE, num_layers=2, num_heads=2, feedforward_channels=4 * WIDE),
             img_size=32, patch_size=8, pre_norm=True, patch_cfg=dict(bias=False),
             norm_cfg=dict(type='LN', eps=1e-5), tuning=dict(type='LinearProbe'))
# Beside the backbone of tests/runs.py, with all tokens.
WORDS = dict(width=32, heads=4, layers=2, features=16, image_width=32)
LIKE_CLIP = dict(pre_norm=True, patch_cfg=dict(bias=False), norm_cfg=dict(type='LN', eps=1e-5))


def clip(text='', *, wide=WIDE, hidden=4 * WIDE, depth=2, narrow=NARROW, vocabulary=VOCABULARY, context=CONTEXT):
    """A state dict of open_clip's CLIP, for images of 32x32 in patches of 8x8."""
    def made(*shape):
        return torch.randn(*shape) / 10
    return {**blocks(wide, hidden, depth, 'visual.'), **blocks(narrow, 4 * narrow, 2, text),
            'logit_scale': torch.tensor(3.), 'visual.class_embedding': made(wide),
            'visual.positional_embedding': made(17, wide), 'visual.proj': made(wide, FEATURES),
            'visual.conv1.weight': made(wide, 3, 8, 8),
            **{f'visual.ln_{name}.{part}': made(wide) for name in ('pre', 'post') for part in ('weight', 'bias')},
            f'{text}token_embedding.weight': made(vocabulary, narrow), f'{text}text_projection': made(narrow, FEATURES),
            f'{text}positional_embedding': made(context, narrow),
            **{f'{text}ln_final.{part}': made(narrow) for part in ('weight', 'bias')}}


def blocks(width, hidden, count, place):
    layer = f'{place}transformer.resblocks.'
    return {f'{layer}{number}.{name}': torch.randn(*shape) / 10 for number in range(count) for name, shape in {
        'ln_1.weight': (width,), 'ln_1.bias': (width,), 'ln_2.weight': (width,), 'ln_2.bias': (width,),
        'attn.in_proj_weight': (3 * width, width), 'attn.in_proj_bias': (3 * width,),
        'attn.out_proj.weight': (width, width), 'attn.out_proj.bias': (width,),
        'mlp.c_fc.weight': (hidden, width), 'mlp.c_fc.bias': (hidden,),
        'mlp.c_proj.weight': (width, hidden), 'mlp.c_proj.bias': (width,)}.items()}


def write_clip(path):
    """A file of both towers for ``WORDS`` and the backbone of tests/runs.py; returns its path."""
    state = clip(wide=32, hidden=64, depth=4, narrow=32, vocabulary=49408, context=77)
    save_file({key: 10 * tensor if tensor.dim() and 'resblocks' not in key else tensor
               for key, tensor in state.items()}, path)
    return str(path)


def load(config, init_cfg, **changes):
    model = MODELS.build(copy.deepcopy({'tuning': dict(type='LinearProbe'), **config, **changes, 'init_cfg': init_cfg}))
    model.init_weights()
    return model


def said(**more):
    """open_clip_config.json of :func:`clip`, with other entries."""
    text, vision = (dict(more.pop(tower, {})) for tower in ('text', 'vision'))
    return dict(model_cfg=dict(embed_dim=FEATURES, vision_cfg=dict(dict(image_size=32, layers=2, width=WIDE), **vision),
                               text_cfg=dict(dict(width=NARROW, heads=1, layers=2), **text), **more),
                preprocess_cfg=dict(mean=[0.5, 0.4, 0.3], std=[0.2, 0.2, 0.1]))
