"""Class prototypes of a config's training set."""
import copy

from mmengine.device import get_device
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from rich.progress import track

from ..config_file import require_entries
from ..errors import UsageError
from ..models.build import build_model
from ..models.frozen import require_pretrained
from ..tuning.prototypes import class_prototypes


def prototypes_of_config(config):
    """(classes, C): mean final [CLS] of each class over the training set, by the frozen backbone alone.

    Args:
        config: a classification config with a ``PromptedViT``; its own tuning plays no part.

    Raises:
        UsageError: a model that is not a classifier, a backbone without a class token, or without pretrained weights.
    """
    require_entries(config, 'train_dataloader')
    if (config.model.get('head') or {}).get('num_classes') is None:
        raise UsageError(f'class prototypes are of the classes of a classifier, got a {config.model.type}.')
    backbone = config.model.backbone
    if not backbone.type.endswith('PromptedViT') or not backbone.get('with_cls_token', True):
        raise UsageError(f'class prototypes are means of [CLS] of a PromptedViT, got a {backbone.type}'
                         + ('.' if backbone.get('with_cls_token', True) else ' without a class token.'))
    config = copy.deepcopy(config)
    config.model.backbone = dict(backbone, tuning=dict(type='LinearProbe'), out_type='cls_token', out_indices=-1)
    model = build_model(config).to(get_device())
    model.backbone.init_weights()
    require_pretrained(model)
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
        loader = Runner.build_dataloader({**config.train_dataloader,
                                          'sampler': dict(type='DefaultSampler', shuffle=False)})
    return class_prototypes(lambda images: model.backbone(images)[0], _batches(model, loader),
                            classes=model.head.num_classes)


def _batches(model, loader):
    for batch in track(loader, description='class prototypes'):
        data = model.data_preprocessor(batch)
        labels = [sample.gt_label for sample in data['data_samples']]
        yield data['inputs'], labels[0].new_tensor([int(label) for label in labels])
