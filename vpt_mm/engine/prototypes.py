"""Prototypes of classes, or of patch tokens, of a config's training set."""
import copy

import torch
from mmengine.device import get_device
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from rich.progress import track

from ..config_file import require_entries
from ..errors import UsageError
from ..models.build import build_model
from ..models.frozen import require_pretrained
from ..models.weightless import build_weightless
from ..tuning.prototypes import TokensBefore, class_prototypes, patch_tokens, token_prototypes
from .training_images import training_images


def prototypes_of_config(config):
    """(classes, C): mean final [CLS] of each class over the training set, by the frozen backbone alone.

    Args:
        config: a classification config with a ``PromptedViT``; its own tuning plays no part.

    Raises:
        UsageError: a model that is not a classifier, a backbone without a class token, or without pretrained weights.
    """
    require_entries(config, 'train_dataloader')
    if (config.model.get('head') or {}).get('num_classes') is None:
        raise UsageError(f'class prototypes are of the classes of a classifier, got a {config.model.type}: --tokens '
                         'LENGTH makes those of patch tokens, for any model.')
    backbone = config.model.backbone
    if not backbone.type.endswith('PromptedViT') or not backbone.get('with_cls_token', True):
        raise UsageError(f'class prototypes are means of [CLS] of a PromptedViT, got a {backbone.type}'
                         + ('.' if backbone.get('with_cls_token', True) else ' without a class token.'))
    model = _untuned(config, out_type='cls_token', out_indices=-1)
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
        loader = Runner.build_dataloader({**config.train_dataloader,
                                          'sampler': dict(type='DefaultSampler', shuffle=False)})
    return class_prototypes(lambda images: model.backbone(images)[0], _batches(model, loader),
                            classes=model.head.num_classes)


def token_prototypes_of_config(config, length, *, by='k-means', images=64):
    """A list of (length, C) for each block: prototypes of the patch tokens that the frozen backbone gives it.

    Args:
        config: of a whole model with a prompted backbone that has tokens; its own tuning plays no part.
        length: number of prompts.
        by: as for :func:`~vpt_mm.tuning.prototypes.token_prototypes`.
        images: number of training images, evenly spread over all.

    Raises:
        UsageError: a backbone without tokens, or without pretrained weights, or what the other function refuses.
    """
    require_entries(config, 'train_dataloader')
    if not config.model.backbone.type.rpartition('.')[2].startswith('Prompted'):
        raise UsageError(f'token prototypes are of a Prompted backbone, got a {config.model.backbone.type}.')
    backbone = build_weightless(dict(config.model.backbone, tuning=dict(type='LinearProbe')),
                                scope=config.get('default_scope'))
    reason = TokensBefore.misfit(backbone.host)
    if reason:
        raise UsageError(f'there are no token prototypes of {backbone.host.title}, {reason}.')
    model = _untuned(config)
    found = [[] for _ in backbone.host.block_widths]
    for batch in training_images(config, images, title='token prototypes'):
        for own, tokens in zip(found, patch_tokens(model.backbone, model.data_preprocessor(batch)['inputs'])):
            own.append(tokens.flatten(0, 1).cpu())
    return [token_prototypes(torch.cat(own), length, by=by) for own in found]


def _untuned(config, **backbone):
    """The model of a config, in which nothing is learned inside the backbone, with pretrained weights."""
    config = copy.deepcopy(config)
    config.model.backbone = dict(config.model.backbone, tuning=dict(type='LinearProbe'), **backbone)
    model = build_model(config).to(get_device())
    model.backbone.init_weights()
    require_pretrained(model)
    return model


def _batches(model, loader):
    for batch in track(loader, description='class prototypes'):
        data = model.data_preprocessor(batch)
        labels = [sample.gt_label for sample in data['data_samples']]
        yield data['inputs'], labels[0].new_tensor([int(label) for label in labels])
