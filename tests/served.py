"""Task files of tiny models, untrained but different, and the models that they came from."""
import copy

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope

from tests.clip import LIKE_CLIP, WORDS
from tests.runs import BACKBONE, run_config
from vpt_mm.models.frozen import base_names, fingerprint_of, frozen_keys, prompted_backbones
from vpt_mm.tasks import publish_task

PIPELINES = dict(
    mmpretrain=[dict(type='LoadImageFromFile'), dict(type='Resize', scale=(32, 32)), dict(type='PackInputs')],
    mmseg=[dict(type='LoadImageFromFile'), dict(type='Resize', scale=(48, 32), keep_ratio=True),
           dict(type='LoadAnnotations'), dict(type='PackSegInputs')])
NORMALIZE = dict(mean=[127.] * 3, std=[60.] * 3)


def classifier(weights, tuning, *, classes=3, **backbone):
    """The config of a classifier as a user would write it."""
    config = run_config('unused', weights=weights, tuning=tuning)
    config.model.backbone.update(backbone)
    config.model.head.num_classes = classes
    config.model.data_preprocessor.update(num_classes=classes, to_rgb=True)
    config.test_dataloader.dataset.pipeline = copy.deepcopy(PIPELINES['mmpretrain'])
    return config


def tagger(weights, tuning, *, classes=3, backbone=None, **rule):
    """The config of a classifier that gives several labels, by a ``thr`` or ``topk``."""
    config = classifier(weights, tuning, classes=classes, **(backbone or {}))
    config.model.head = dict(type='MultiLabelLinearClsHead', num_classes=classes, in_channels=32, **rule)
    return config


def segmentor(weights, tuning, *, classes=4, mode='whole', **backbone):
    """The config of a segmentor: SETR-PUP on two of the backbone's blocks."""
    test_cfg = dict(mode=mode, **(dict(crop_size=(32, 32), stride=(24, 24)) if mode == 'slide' else {}))
    head = dict(type='SETRUPHead', in_channels=32, channels=8, num_classes=classes, num_convs=2, up_scale=2,
                kernel_size=3, dropout_ratio=0.1, norm_cfg=dict(type='SyncBN'), align_corners=False,
                loss_decode=dict(type='CrossEntropyLoss'))
    config = run_config('unused', weights=weights, tuning=tuning, default_scope='mmseg')
    maps = dict(out_type='featmap', out_indices=[1, 3], final_norm=False)
    config.model = dict(
        type='EncoderDecoder', data_preprocessor=dict(type='SegDataPreProcessor', bgr_to_rgb=True, **NORMALIZE),
        backbone={**config.model.backbone, **maps, **backbone},
        decode_head=dict(head, in_index=1), auxiliary_head=[dict(head, in_index=0)], test_cfg=test_cfg)
    config.test_dataloader.dataset.pipeline = copy.deepcopy(PIPELINES['mmseg'])
    return config


def classifier_by_name(clip, context, *, tuning=None, names=('cat', 'sports_car', 'tree')):
    """The config of a classifier that tells classes by their names; ``clip``: file of both towers."""
    config = classifier(clip, tuning or dict(type='LinearProbe'), **LIKE_CLIP)
    config.model.head = dict(type='WordsHead', classes=list(names), text=_words(clip, context))
    return config


def segmentor_by_name(clip, context, *, tuning=None, names=('sky', 'hut', 'tree', 'lake'), mode='whole'):
    """The config of a segmentor that tells classes by their names."""
    config = segmentor(clip, tuning or dict(type='LinearProbe'), mode=mode, **LIKE_CLIP)
    config.model.decode_head.update(type='WordsDecodeHead', of='SETRUPHead', classes=list(names),
                                    text=dict(_words(clip, context), image_width=None))
    return config


def _words(clip, context):
    return dict(WORDS, init_cfg=dict(type='Pretrained', checkpoint=clip), **({'tuning': context} if context else {}))


def build(config, *, seed=0):
    """The config's whole model with random tuned parameters and heads."""
    with DefaultScope.overwrite_default_scope(config.default_scope):
        model = MODELS.build(Config(config.to_dict()).model)
    for backbone in prompted_backbones(model).values():
        backbone.init_weights()
    generator, frozen = torch.Generator().manual_seed(seed), set(frozen_keys(model))
    for key, tensor in model.state_dict().items():
        if key not in frozen and tensor.is_floating_point():
            noise = torch.randn(tensor.shape, generator=generator)
            tensor.copy_(noise.abs() + 0.5 if 'running_var' in key else 0.3 * noise)
    model.eval()  # returns nothing in mmpretrain
    return model


def write_task(path, config, *, seed=0, classes=None):
    """Publish :func:`build`'s model as a task file; returns the path."""
    model = build(config, seed=seed)
    frozen = set(frozen_keys(model))
    head = config.model.get('head') or config.model.get('decode_head')
    classes = classes or head.get('classes') or [f'class {i}' for i in range(head.num_classes)]
    meta = dict(cfg=config.pretty_text, dataset_meta=dict(classes=classes),
                vpt_mm=dict(version='1', base=base_names(model),
                            frozen_weights=fingerprint_of(model)))
    state = {key: tensor for key, tensor in model.state_dict().items() if key not in frozen}
    torch.save(dict(meta=meta, state_dict=state), path.with_suffix('.pth'))
    publish_task(path.with_suffix('.pth'), path)
    return path


def save_base(path, **backbone):
    """Weights of the tiny backbone, with the norm behind the last block; returns the path."""
    model = MODELS.build({**BACKBONE, **backbone})
    generator = torch.Generator().manual_seed(5)
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    torch.save({'state_dict': model.state_dict()}, path)
    return str(path)
