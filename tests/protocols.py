"""Every registered tuning method, on tiny backbones of every kind that it fits."""
import copy

import torch
from mmengine.registry import MODELS

from tests.conftest import TINY
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning import TUNING_METHODS, collect_losses

BACKBONES = dict(
    vit=dict(type='PromptedViT', arch=TINY, img_size=32, patch_size=8),
    swin=dict(type='PromptedSwin', arch=dict(embed_dims=8, depths=[1, 2], num_heads=[1, 2]), img_size=32,
              window_size=4, out_indices=(1,), drop_path_rate=0.),
    convnext=dict(type='PromptedConvNeXt', arch=dict(depths=[1, 1, 2, 1], channels=[8, 8, 12, 16])),
    # Eight channels: with two to six, oneDNN's gradient of a strided 1x1 kernel writes beyond its memory on processors
    # that have AVX2 and nothing wider.
    resnet=dict(type='PromptedResNet', depth=18, base_channels=8, stem_channels=8),
    beit=dict(type='PromptedBackbone', of='mmseg.BEiT', img_size=32, patch_size=8, embed_dims=32, num_layers=4,
              num_heads=2, out_indices=[3], init_values=0.1),
    dilated=dict(type='PromptedBackbone', of='mmseg.ResNet', depth=18, base_channels=8, stem_channels=8,
                 dilations=(1, 1, 2, 4), strides=(1, 2, 1, 1), out_indices=(3,)))
HOSTED = {'beit', 'dilated'}  # by their own forward pass; alone, since lists are the same everywhere
# Arguments to try each method with, by its class: its usual form, and others.
EXAMPLES = dict(
    AdaptFormer=[dict(width=4)], Convpass=[dict(width=4)],
    Adapter=[dict(reduction=2)], AddedPrompt=[dict(deep=True), dict(shared=True)], BiasTuning=[{}],
    ChannelPrompt=[dict(channels=2)], ClsTokenTuning=[{}],
    CodaPrompt=[dict(tasks=2, components=6, length=4, blocks=[1, 3], orthogonality=0.1)],
    ConditionalContext=[dict(length=2, reduction=4)], ContextPrompt=[dict(length=2), dict(length=2, depth=2)],
    CrossPrompt=[dict(length=3, gated=True)],
    DeepPrompt=[dict(length=2), dict(length=2, first=2, last=2), dict(length=2, width=4),
                dict(length=2, shared_within=True, shared_across=True)],
    DomainContext=[dict(length=2, domain_length=1, source='drawn', target='seen')],
    DualPrompt=[dict(tasks=2, general_length=2, general_blocks=[1], expert_length=3, expert_blocks=[2, 3])],
    FourierPrompt=[dict(length=4, alpha=0.75)],
    FullTuning=[{}], GatedPrompt=[dict(length=2)], GuidedPrompt=[dict(length=2, guided=[2, 3])],
    LinearProbe=[{}], LoRA=[dict(rank=2)], Mona=[dict(width=4, kernels=[1, 3], dropout=0)], NormTuning=[{}],
    PartialTuning=[dict(last=1)],
    SSF=[{}], PixelPadPrompt=[dict(pad=2)], PixelPatchPrompt=[dict(length=2)],
    PrefixPrompt=[dict(length=2), dict(length=2, shared_heads=True, tied=True)],
    PromptPool=[dict(size=4, selected=2, length=2),
                dict(size=4, selected=3, length=2, placement='prefix', blocks=[1, 3])],
    PrunedPrompt=[dict(length=2, segments=4, left=5), dict(length=3, segments=2, first=2, last=2)],
    Rein=[dict(length=4, rank=2)], ShallowPrompt=[dict(length=2)], SideTuning=[dict(width=2)])

ADAPTER, BIAS, DEEP, FULL, LORA, PAD, PARTIAL, SHALLOW, SIDE = (dict(type=name, **EXAMPLES[name][0]) for name in (
    'Adapter', 'BiasTuning', 'DeepPrompt', 'FullTuning', 'LoRA', 'PixelPadPrompt', 'PartialTuning', 'ShallowPrompt',
    'SideTuning'))


def registered(registry, kind=object):
    """{name: class} of the package's own classes of a kind; tests and pages register others."""
    return {name: found for name, found in sorted(registry.module_dict.items())
            if isinstance(found, type) and issubclass(found, kind) and found.__module__.startswith('vpt_mm.')}


METHODS = registered(TUNING_METHODS)
HOSTS = {backbone: build_weightless(config).host for backbone, config in BACKBONES.items()}
FITTING = {backbone: [name for name, method in METHODS.items() if not method.misfit(host)]
           for backbone, host in HOSTS.items()}


def examples_of(name):
    """Configs of a method."""
    return [dict(type=name, **given) for given in EXAMPLES.get(name, ())]


def forms_of(backbone):
    """{name: config} of every method that fits, in every form."""
    return {f'{name}{number or ""}': config for name in FITTING[backbone]
            for number, config in enumerate(examples_of(name))}


def compositions_of(backbone):
    """{name: list of configs}: every method that composes, beside the usual prompts of the backbone."""
    usual = 'DeepPrompt' if 'DeepPrompt' in FITTING[backbone] else 'PixelPadPrompt'
    return {f'{usual}+{name}': [examples_of(usual)[0], examples_of(name)[0]]
            for name in FITTING[backbone] if METHODS[name].composes and name != usual}


FORMS = {backbone: forms_of(backbone) for backbone in BACKBONES}
PROTOCOLS = {backbone: forms if backbone in HOSTED else {**forms, **compositions_of(backbone)}
             for backbone, forms in FORMS.items()}
PAIRS = [(backbone, protocol) for backbone, protocols in PROTOCOLS.items() for protocol in protocols]
ALONE = [(backbone, form) for backbone, forms in FORMS.items() for form in forms]


def build(backbone, tuning, **changes):
    """A tiny float64 backbone, all of whose own parameters are off their initial values."""
    model = MODELS.build(copy.deepcopy({**BACKBONES[backbone], 'tuning': tuning, **changes})).double()
    for name, parameter in model.named_parameters():
        if not name.startswith('tuning.'):
            parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def learned(backbone, tuning, **changes):
    """A tiny backbone whose method's parameters are off their initial values as well."""
    model = build(backbone, tuning, **changes)
    for parameter in model.tuning.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def reached(model):
    """Parameters that outputs depend on: of some keys it is a loss of the method's own, while training, that does."""
    keys = dict(PromptPool='tuning.keys', DualPrompt='tuning.keys.current').get(type(model.tuning).__name__)
    return [parameter for name, parameter in model.named_parameters() if parameter.requires_grad and name != keys]


def images(batch=2):
    return torch.randn(batch, 3, 32, 32, dtype=torch.float64)


def train(model, steps=3):
    """A few steps of a backbone with a head on what it gives last."""
    images = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    head = torch.nn.Linear(model.host.block_widths[-1], 3).double()
    optimizer = torch.optim.SGD([*learned, *head.parameters()], lr=0.1)
    for _ in range(steps):
        with collect_losses() as losses:
            feature = model(images)[-1].reshape(4, model.host.block_widths[-1], -1).mean(dim=2)
        loss = torch.nn.functional.cross_entropy(head(feature), torch.tensor([0, 1, 2, 1]))
        optimizer.zero_grad()
        (loss + sum(losses.values())).backward()
        optimizer.step()
