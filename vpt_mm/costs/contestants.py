"""Who runs in a benchmark: the plain backbone, prompts taken literally, and vpt_mm's own."""
import copy
from dataclasses import dataclass

from mmengine.registry import MODELS
from mmpretrain.models import ConvNeXt, ResNet, SwinTransformer, VisionTransformer
from torch import nn

from ..errors import UsageError, did_you_mean
from ..models.known import identify
from .compare import Contestant
from .literal import Literal, Padded
from .methods import CHOOSING, METHODS


@dataclass(frozen=True)
class Backbone:
    """What a benchmark needs to know of a backbone.

    Attributes:
        plain: mmpretrain's class.
        literal: (name, class) of the twin that takes prompts literally.
        options: config of our class.
        methods: tuning methods that the twin knows, the usual one first.
        entry: the parameter whose gradient crosses every block.
        maps: options that make the outputs those that a segmentor reads.
    """

    plain: type[nn.Module]
    literal: tuple[str, type[nn.Module]]
    options: dict
    methods: tuple[str, ...]
    entry: str
    maps: dict

    def config(self, *, size, read):
        """Config of our class for images of this side; ``read`` is 'class' or 'patches'."""
        config = dict(self.options, **(self.maps if read == 'patches' else {}))
        return dict(config, img_size=size) if self.entry.startswith('patch_embed') else config


def _vit(arch, patch_size, depth):
    reads = [depth * part // 4 - 1 for part in (1, 2, 3, 4)]
    return Backbone(VisionTransformer, ('prepended', Literal),
                    dict(type='PromptedViT', arch=arch, patch_size=patch_size), ('DeepPrompt', 'ShallowPrompt'),
                    'patch_embed.projection.bias', dict(out_type='featmap', out_indices=reads))


def _convnext(arch):
    return Backbone(ConvNeXt, ('padded', Padded), dict(type='PromptedConvNeXt', arch=arch), ('PixelPadPrompt',),
                    'downsample_layers.0.0.bias', dict(out_indices=(0, 1, 2, 3), gap_before_final_norm=False))


BACKBONES = {
    'vit-base': _vit('base', 16, 12),
    'vit-large': _vit('large', 16, 24),
    'vit-huge': _vit('huge', 14, 32),
    'swin-base': Backbone(SwinTransformer, ('prepended', Literal), dict(type='PromptedSwin', arch='base'),
                          ('DeepPrompt', 'ShallowPrompt'), 'patch_embed.projection.bias',
                          dict(out_indices=(0, 1, 2, 3))),
    'convnext-tiny': _convnext('tiny'),
    'convnext-base': _convnext('base'),
    'resnet-50': Backbone(ResNet, ('padded', Padded), dict(type='PromptedResNet', depth=50),
                          ('PixelPadPrompt',), 'bn1.bias', dict(out_indices=(0, 1, 2, 3))),
}


def build_contestants(name, *, lengths, method=None, size=224, read='class', autocast=None, device='cpu',
                      with_cp=False, stored=None, dropout=0.):
    """The plain backbone, and for each length the literal twin and ours; all with the same random weights.

    Args:
        name: key of ``BACKBONES``.
        lengths: prompt lengths, or pixels of padding.
        method: a tuning method of the backbone's; the usual one by default.
        size: image side in pixels.
        read: 'class' for a classifier's output, 'patches' for a segmentor's maps.
        autocast: dtype of mixed precision, or None.
        device: of the models.
        with_cp: one more of ours, every block of which is checkpointed.
        stored: ``frozen_dtype`` of one more of ours, which runs without autocast.
        dropout: of the prompts, which are then in train mode.

    Raises:
        UsageError: a backbone or method that is not there.
    """
    if name not in BACKBONES:
        raise UsageError(f"backbone must be one of {', '.join(BACKBONES)}, got {name!r}."
                         f'{did_you_mean(name, BACKBONES)}')
    backbone = BACKBONES[name]
    method = method or backbone.methods[0]
    if method not in backbone.methods:
        raise UsageError(f"on {name} the benchmark knows {', '.join(backbone.methods)}, got {method!r}."
                         f'{did_you_mean(method, backbone.methods)} Others: vpt-mm cost blocks --methods all.')
    options = backbone.config(size=size, read=read)
    plain = _plain(backbone, options).to(device)
    variants = {'vpt_mm': {},
                **({'vpt_mm, checkpointed': dict(with_cp=True)} if with_cp else {}),
                **({f'vpt_mm, stored in {stored}': dict(frozen_dtype=stored)} if stored else {})}
    contestants = [Contestant('plain', plain, autocast=autocast)]
    for length in lengths:
        given = dict(pad=length, size=size) if method == 'PixelPadPrompt' else dict(length=length, dropout=dropout)
        ours = {name: _ours(dict(options, tuning=dict(type=method, **given), **kwargs), plain,
                            train=given.get('dropout', 0) > 0).to(device)
                for name, kwargs in {'': {}, **variants}.items()}
        twin, kind = backbone.literal
        contestants.append(Contestant(twin, kind(ours.pop(''), plain), length=length, autocast=autocast))
        contestants += [Contestant(name, model, length=length, autocast=None if model.frozen_dtype else autocast)
                        for name, model in ours.items()]
    return contestants


def build_methods(name, methods, *, size=224, read='class', autocast=None, device='cpu'):
    """The plain backbone, and ours with each of several methods as it trains; all with the same random weights.

    Args:
        name: key of ``BACKBONES``.
        methods: keys of :data:`~vpt_mm.costs.methods.METHODS`.
        size, read, autocast, device: as of :func:`build_contestants`.

    Raises:
        UsageError: a backbone or method that is not there, or a method that the backbone can't host.
    """
    _require_known([name], BACKBONES)
    _require_known(methods, METHODS)
    options = BACKBONES[name].config(size=size, read=read)
    plain = _plain(BACKBONES[name], options).to(device)
    return [Contestant('plain', plain, autocast=autocast), *(
        Contestant(method, _ours(dict(options, tuning=copy.deepcopy(METHODS[method])), plain, train=True).to(device),
                   autocast=autocast) for method in methods)]


def build_choosing(name, methods, *, length, size=224, autocast=None, device='cpu'):
    """VPT-deep, the plain backbone, and prompts that each image chooses, in train mode and on the same random weights.

    Each of the latter once as it is, and once with plain features that are known by then.

    Args:
        name: a ViT among ``BACKBONES``.
        methods: keys of :data:`~vpt_mm.costs.methods.CHOOSING`.
        length: of VPT-deep's prompts.
        size, autocast, device: as of :func:`build_contestants`.

    Raises:
        UsageError: another backbone or method.
    """
    _require_known(methods, CHOOSING)
    names = [one for one, backbone in BACKBONES.items() if backbone.literal[1] is Literal and one.startswith('vit')]
    if name not in names:
        raise UsageError(f"prompts that images choose are measured on {', '.join(names)}, got {name!r}.")
    backbone = BACKBONES[name]
    options = backbone.config(size=size, read='class')
    plain = _plain(backbone, options).to(device)
    deep = _ours(dict(options, tuning=dict(type='DeepPrompt', length=length)), plain).to(device)
    contestants = [Contestant('VPT-deep', deep, length=length, autocast=autocast),
                   Contestant('plain', plain, autocast=autocast)]
    for title in methods:
        form = dict(out_type='avg_prompts') if title == 'L2P' else {}  # the mean of prompts that travel
        model = _ours(dict(options, tuning=CHOOSING[title], **form), plain, train=True).to(device)
        contestants += [Contestant(title, model, autocast=autocast),
                        Contestant(f'{title}, features known', Known(model), autocast=autocast)]
    return contestants


def _require_known(names, known):
    for name in names:
        if name not in known:
            raise UsageError(f"must be one of {', '.join(known)}, got {name!r}.{did_you_mean(name, known)}")


class Known(nn.Module):
    """A backbone that has seen its images before, with ``--cache-queries``."""

    def __init__(self, model):
        super().__init__()
        self.model, self.features = model, {}

    def forward(self, images):
        images = images.clone()
        identify(images, range(len(images)), self.features)
        return self.model(images)


def _plain(backbone, options):
    model = backbone.plain(**{key: value for key, value in options.items() if key != 'type'})
    model.eval()  # returns None in mmpretrain
    model.requires_grad_(False).get_parameter(backbone.entry).requires_grad_(True)
    return model


def _ours(config, plain, *, train=False):
    """Our class with the weights of the plain one; ``train`` sets the mode, which the frozen part never follows."""
    model = MODELS.build(config)
    model.load_state_dict(plain.state_dict(), strict=False)
    return model.train(train)
