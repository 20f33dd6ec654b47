"""Configs of the libraries drawn at random, prompted, and made so small that a test can train them."""
import functools
import random
from typing import NamedTuple

import numpy as np
import torch
from mmengine.config import Config, ConfigDict
from mmengine.registry import DATASETS, MODELS, DefaultScope
from mmengine.structures import InstanceData, PixelData
from torch.utils.data import Dataset

from vpt_mm.models.weightless import build_weightless
from vpt_mm.prompting.backbone import counterpart
from vpt_mm.prompting.config import prompt_config
from vpt_mm.prompting.fits import fits
from vpt_mm.prompting.shipped import read_shipped, shipped_file, shipped_names
from vpt_mm.prompting.trial import build_backbone, import_scope

KINDS = dict(mmpretrain=('ImageClassifier',), mmseg=('EncoderDecoder', 'MultimodalEncoderDecoder'), mmdet=(
    # no proposals and no regions: their training needs compiled operators, of which mmcv-lite has none
    'ATSS', 'AutoAssign', 'BBoxSingleStage', 'CenterNet', 'ConditionalDETR', 'DABDETR', 'DETR', 'FCOS', 'FOVEA', 'FSAF',
    'GFL', 'PAA', 'RetinaNet', 'RTMDet', 'SingleStageDetector', 'YOLOF', 'YOLOV3', 'YOLOX'))
LEAST = dict(Adapter=dict(reduction=4), BiasTuning={}, DeepPrompt=dict(length=2), LoRA=dict(rank=1),
             PixelPadPrompt=dict(pad=2), PrefixPrompt=dict(length=2))
SIDE = 96


class Drawn(NamedTuple):
    """A config of a library, and a method that fits its backbone."""

    library: str
    name: str
    tuning: dict


@functools.cache
def draw(library, *, seed, count, most):
    """So many :class:`Drawn`, of backbones of ``most`` parameters at most."""
    dice = random.Random(f'{library} {seed}')
    names = shipped_names(library)
    dice.shuffle(names)
    found = []
    while len(found) < count:
        name = names.pop()
        if read_shipped(library, name).trouble:
            continue
        config = read(library, name)
        backbone, scope = config.get('model', {}).get('backbone'), config.get('default_scope', library)
        if backbone is None or config.model.type not in KINDS[library] or 'train_dataloader' not in config:
            continue
        if backbone.type == 'LoRAModel' or _size(backbone, scope) > most:  # whose weights are those of a module in it
            continue
        if not _builds(config.model, scope):
            continue
        fitting = sorted(set(fits(backbone.to_dict(), scope=scope).methods) & set(LEAST))
        if fitting:
            method = dice.choice(fitting)
            found.append(Drawn(library, name, dict(type=method, **LEAST[method])))
    return found


def read(library, name):
    """A shipped config."""
    return Config.fromfile(shipped_file(library, name))


def _builds(model, scope):
    """Whether its own library builds a model, without mmcv's compiled operators, of which mmcv-lite has none."""
    with DefaultScope.overwrite_default_scope(scope):
        try:
            modules = MODELS.build(dict(model, backbone=_without_weights(model.backbone))).modules()
        except TypeError:  # some shipped configs have arguments that the classes have no more
            return False
    return not any(type(module).__module__.startswith('mmcv.ops') for module in modules)


def _without_weights(config):
    """A part that looks for no pretrained model."""
    return ConfigDict({key: value for key, value in config.items() if key not in ('init_cfg', 'pretrained')})


def _size(backbone, scope):
    import_scope(scope)
    made = counterpart(backbone, scope=scope)
    return sum(parameter.numel() for parameter in build_backbone(made, scope=scope).parameters())


def prompt(drawn, folder):
    """The prompted config of a drawn one, on weights that its own backbone was given, on made-up data."""
    source = read(drawn.library, drawn.name)
    backbone = _without_weights(source.model.backbone)
    with DefaultScope.overwrite_default_scope(source.get('default_scope', drawn.library)):
        plain = MODELS.build(backbone)
    torch.save(plain.state_dict(), folder / 'weights.pth')
    config = Config.fromfile(prompt_config(f'{drawn.library}::{drawn.name}', tuning=drawn.tuning,
                                           checkpoint=str(folder / 'weights.pth'), out=str(folder / 'prompted.py')))
    config.merge_from_dict(SMALL[drawn.library](config))
    (config.model.get('data_preprocessor') or {}).pop('batch_augments', None)  # which make images large again
    loader = dict(batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
                  collate_fn=dict(type='default_collate' if drawn.library == 'mmpretrain' else 'pseudo_collate'),
                  dataset=dict(type='MadeUp', kind=drawn.library, side=side_of(config), labels=labels_of(config.model),
                               masks="'with_mask': True" in str(config.train_dataloader)))
    changes = {f'{part}_{end}': None for part in ('val', 'test') for end in ('dataloader', 'cfg', 'evaluator')}
    changes.update(
        train_dataloader=loader, train_cfg=dict(type='IterBasedTrainLoop', max_iters=2), param_scheduler=None,
        custom_hooks=config.custom_hooks[:2], log_level='ERROR', work_dir=str(folder / 'run'), visualizer=None,
        randomness=dict(seed=3))
    for key, value in changes.items():
        config[key] = value
    if not torch.cuda.is_available():  # which mixed precision needs
        config.optim_wrapper.type = 'PromptOptimWrapper'
        config.optim_wrapper.pop('loss_scale', None)
    config.model.pop('init_cfg', None)  # a whole detector's weights
    config.default_hooks.checkpoint.update(interval=1, by_epoch=False)
    config.default_hooks.pop('visualization', None)
    return config


def side_of(config):
    """That for which the backbone or the detector is built, where it is built for one."""
    if isinstance(config.get('input_size'), int):  # of SSD
        return config.input_size
    backbone = build_weightless(dict(config.model.backbone, init_cfg=None), scope=config.default_scope)
    return SIDE if backbone.host.takes_frames else backbone.host.image_size[0]


def labels_of(model):
    head = model.get('decode_head') or model.get('bbox_head') or model.get('head')
    return (head[-1] if isinstance(head, list) else head).get('num_classes', 2)


SMALL = dict(
    mmpretrain=lambda config: {},
    mmseg=lambda config: {'model.data_preprocessor.size': (side_of(config), ) * 2},
    mmdet=lambda config: {})


@DATASETS.register_module()
class MadeUp(Dataset):
    """Noise with a label, a mask or two boxes for each image, the same whenever it is built.

    Boxes have ``masks`` where the config's own data have: without, some heads learn nothing, and with, others fail.
    """

    def __init__(self, kind, side, labels, masks, count=4):
        self.kind, self.side, self.labels, self.masks, self.count = kind, side, labels, masks, count
        self.metainfo = dict(classes=tuple(map(str, range(labels))))

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        dice = torch.Generator().manual_seed(index)
        image = torch.randint(0, 256, (3, self.side, self.side), dtype=torch.uint8, generator=dice)
        return dict(inputs=image, data_samples=getattr(self, f'_of_{self.kind}')(dice))

    def _of_mmpretrain(self, dice):
        from mmpretrain.structures import DataSample
        return DataSample().set_gt_label(torch.randint(0, self.labels, (1,), generator=dice))

    def _of_mmseg(self, dice):
        from mmseg.structures import SegDataSample
        mask = torch.randint(0, self.labels, (1, self.side, self.side), generator=dice)
        edges = PixelData(data=(mask % 2))  # of which heads such as PIDNet's learn as well
        return SegDataSample(gt_sem_seg=PixelData(data=mask), gt_edge_map=edges, metainfo=dict(
            img_shape=(self.side,) * 2, ori_shape=(self.side,) * 2, pad_shape=(self.side,) * 2))

    def _of_mmdet(self, dice):
        from mmdet.structures import DetDataSample
        from mmdet.structures.mask import BitmapMasks
        corners = torch.rand(2, 2, generator=dice) * self.side / 2
        boxes = InstanceData(bboxes=torch.cat([corners, corners + self.side / 3], dim=1),
                             labels=torch.randint(0, self.labels, (2,), generator=dice))
        if self.masks:
            boxes.masks = BitmapMasks([_within(box, self.side) for box in corners], self.side, self.side)
        nothing = InstanceData(bboxes=torch.zeros(0, 4), labels=torch.zeros(0, dtype=torch.long))
        shape = (self.side,) * 2
        return DetDataSample(gt_instances=boxes, ignored_instances=nothing, metainfo=dict(
            img_shape=shape, ori_shape=shape, pad_shape=shape, batch_input_shape=shape, scale_factor=(1., 1.),
            img_id=0))


def _within(corner, side):
    """The mask, (side, side), of a third of an image from a corner (x, y) on."""
    mask, (left, top) = np.zeros((side, side), dtype=np.uint8), corner.int().tolist()
    mask[top:top + side // 3, left:left + side // 3] = 1
    return mask
