"""Who runs in a benchmark: the plain backbone, prompts prepended to its tokens, and vpt_mm's own."""
from mmengine.registry import MODELS
from mmpretrain.models import SwinTransformer, VisionTransformer

from ..errors import UsageError
from .benchmark import Contestant
from .prepending import PrependingSwin, PrependingViT

BACKBONES = {
    'vit-base': (VisionTransformer, PrependingViT, dict(type='PromptedViT', arch='base', patch_size=16)),
    'vit-large': (VisionTransformer, PrependingViT, dict(type='PromptedViT', arch='large', patch_size=16)),
    'vit-huge': (VisionTransformer, PrependingViT, dict(type='PromptedViT', arch='huge', patch_size=14)),
    'swin-base': (SwinTransformer, PrependingSwin, dict(type='PromptedSwin', arch='base')),
}


def build_contestants(backbone, *, lengths, method='DeepPrompt', size=224, read='class', autocast=None, device='cpu',
                      with_cp=False, stored=None):
    """The plain backbone, and for each length the prepending twin and ours; all with the same random weights.

    Args:
        backbone: key of ``BACKBONES``.
        lengths: prompt lengths.
        method: 'DeepPrompt' or, for a ViT, 'ShallowPrompt'.
        size: image side in pixels.
        read: 'class' for a classifier's output, 'patches' for a segmentor's four maps.
        autocast: dtype of mixed precision, or None.
        device: of the models.
        with_cp: checkpoint every block of ours.
        stored: ``frozen_dtype`` of one more of ours, which runs without autocast.

    Raises:
        UsageError: a backbone that is not there, or ShallowPrompt on Swin.
    """
    if backbone not in BACKBONES:
        raise UsageError(f"backbone must be one of {', '.join(BACKBONES)}, got {backbone!r}.")
    plain_kind, prepending, options = BACKBONES[backbone]
    if prepending is PrependingSwin and method != 'DeepPrompt':
        raise UsageError(f'on {backbone} DeepPrompt is measured, got {method}.')
    options = dict(options, img_size=size, **read_options(plain_kind, options['arch'], read))
    plain = plain_kind(**{key: value for key, value in options.items() if key != 'type'}).to(device)
    plain.eval()  # returns None in mmpretrain
    plain.requires_grad_(False).patch_embed.projection.bias.requires_grad_(True)  # gradients cross every block
    contestants = [Contestant('plain', plain, autocast=autocast)]
    for length in lengths:
        tuning = dict(type=method, length=length)
        twin, ours = (build(options, plain, tuning, device, **kwargs) for kwargs in ({}, dict(with_cp=with_cp)))
        contestants += [Contestant('prepended', prepending(twin), length=length, autocast=autocast),
                        Contestant('vpt_mm', ours, length=length, autocast=autocast)]
        if stored:
            ours = build(options, plain, tuning, device, with_cp=with_cp, frozen_dtype=stored)
            contestants.append(Contestant(f'vpt_mm, stored in {stored}', ours, length=length))
    return contestants


def read_options(kind, arch, read):
    """What to read from the backbone."""
    if read == 'class':
        return {}
    if kind is SwinTransformer:
        return dict(out_indices=(0, 1, 2, 3))
    depth = kind.arch_zoo[arch]['num_layers']
    return dict(out_type='featmap', out_indices=[depth * part // 4 - 1 for part in (1, 2, 3, 4)])


def build(options, plain, tuning, device, **kwargs):
    model = MODELS.build(dict(options, tuning=tuning, **kwargs)).to(device).eval()
    model.load_state_dict(plain.state_dict(), strict=False)
    return model
