"""Prompted backbones under heads, necks and detectors of mmseg, mmpretrain and mmdet: each config trains two steps."""
import importlib.util
import inspect
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmcv.cnn.bricks.transformer import MultiheadAttention
from mmengine.config import Config
from torchvision.ops import box_iou

from tests.small import shrink_ade20k, train_options
from vpt_mm.cli import train
from vpt_mm.datasets.digits.scenes import main as write_scenes

FOLDER = Path(__file__).parents[2] / 'configs' / 'compositions'
CONFIGS = sorted(file.stem for file in FOLDER.glob('*.py'))
WIDTHS = [16, 32, 64, 128]
TINY = {
    'vit-b': dict(arch=dict(embed_dims=32, num_layers=4, num_heads=4, feedforward_channels=64), img_size=32),
    'swin-b': dict(arch=dict(embed_dims=16, depths=[1, 1, 2, 1], num_heads=[1, 2, 4, 8]), window_size=2),
    'convnext-b': dict(arch=dict(channels=WIDTHS, depths=[1, 1, 2, 1]))}
HEADS = {  # what follows from the tiny backbone's widths and blocks
    'vit-b_upernet_ade20k': dict(neck=dict(in_channels=[32] * 4, out_channels=32),
                                 decode_head=dict(in_channels=[32] * 4, channels=16),
                                 auxiliary_head=dict(in_channels=32, channels=16)),
    'vit-b_setr-by-name_ade20k': dict(
        decode_head=dict(in_channels=32, channels=16, text=dict(
            width=32, heads=4, layers=1, features=16, init_cfg=None)),
        auxiliary_head={str(number): dict(in_channels=32, channels=16) for number in range(3)}),
    'vit-b_segmenter_ade20k': dict(decode_head=dict(in_channels=32, channels=32, embed_dims=32, num_heads=4)),
    'vit-b_dpt_ade20k': dict(decode_head=dict(in_channels=[32] * 4, embed_dims=32, channels=16,
                                              post_process_channels=[8, 8, 8, 8])),
    'vit-b_fcn_ade20k': dict(decode_head=dict(in_channels=32, channels=16),
                             auxiliary_head=dict(in_channels=32, channels=16)),
    'swin-b_segmenter_ade20k': dict(decode_head=dict(in_channels=128, channels=32, embed_dims=32, num_heads=4)),
    'swin-b_fcn_ade20k': dict(decode_head=dict(in_channels=128, channels=16),
                              auxiliary_head=dict(in_channels=64, channels=16)),
    'swin-b_linear_in1k': dict(head=dict(in_channels=128)),
    'convnext-b_linear_in1k': dict(head=dict(in_channels=128)),
    'vit-b_csra_voc07': dict(head=dict(in_channels=32)),
    'swin-b_multilabel_voc07': dict(head=dict(in_channels=128)),
    'swin-b_detr_coco': dict(neck=dict(in_channels=[128]), encoder=dict(num_layers=1), decoder=dict(num_layers=1)),
    'swin-b_retinanet_coco': dict(neck=dict(in_channels=[32, 64, 128]), bbox_head=dict(stacked_convs=1)),
    'swin-b_mask-rcnn-mona_coco': dict(neck=dict(in_channels=WIDTHS)),
    'swin-b_cascade-mask-rcnn-mona_coco': dict(neck=dict(in_channels=WIDTHS))}
HEADS['convnext-b_fcn_ade20k'] = HEADS['swin-b_fcn_ade20k']


def on_scenes(config, folder):
    """ADE20K: scenes of digits."""
    write_scenes([str(folder / 'ade'), '--images', '4', '--val-images', '2', '--size', '64'])
    shrink_ade20k(config, folder / 'ade')


def on_digits(config, folder):
    """ImageNet: images of one digit."""
    config.train_dataloader.dataset = dict(
        type='SingleDigitsDataset', split='training', images=8, size=64, pipeline=[dict(type='PackInputs')])
    config.model.head.num_classes = 10
    shorten(config)


def on_labelled_noise(config, folder):
    """VOC 2007: noise with two of its twenty labels."""
    images = write_noise(folder, count=8)
    data = [dict(img_path=image, gt_label=[index, index + 9]) for index, image in enumerate(images)]
    classes = [f'class {number}' for number in range(20)]
    (folder / 'labels.json').write_text(json.dumps(dict(metainfo=dict(classes=classes), data_list=data)))
    config.train_dataloader.dataset = dict(
        type='MultiLabelDataset', ann_file=str(folder / 'labels.json'), data_prefix=str(folder),
        pipeline=config.train_dataloader.dataset.pipeline)
    config.train_dataloader.dataset.pipeline[1].scale = 64
    shorten(config)


def on_boxed_noise(config, folder):
    """COCO: noise with a box, and with its mask for those that learn masks."""
    images = [dict(id=number, file_name=name, height=64, width=64)
              for number, name in enumerate(write_noise(folder, count=8))]
    boxes = [dict(id=image['id'] + 1, image_id=image['id'], category_id=18, bbox=[8, 8, 40, 40], area=1600, iscrowd=0,
                  segmentation=[[8, 8, 48, 8, 48, 48, 8, 48]])
             for image in images]
    (folder / 'boxes.json').write_text(json.dumps(dict(
        images=images, annotations=boxes, categories=[dict(id=18, name='dog')])))
    masks, dataset = 'roi_head' in config.model, config.train_dataloader.dataset
    if masks:
        shrink_regions(config.model)
    if dataset.type == 'RepeatDataset':
        dataset = config.train_dataloader.dataset = dataset.dataset
    dataset.update(
        ann_file='boxes.json', data_root=str(folder), data_prefix=dict(img=''),
        pipeline=[dict(type='LoadImageFromFile'),
                  dict(type='LoadAnnotations', with_bbox=True, with_mask=masks, poly2mask=False),
                  dict(type='Resize', scale=(64, 64), keep_ratio=True), dict(type='PackDetInputs')])
    shorten(config)


def shrink_regions(model):
    """Few regions and narrow layers."""
    heads = model.roi_head.bbox_head
    for head in heads if isinstance(heads, list) else [heads]:
        head.fc_out_channels = 16
    model.train_cfg.rpn_proposal.update(nms_pre=8, max_per_img=8)
    model.roi_head.mask_head.update(num_convs=1, conv_out_channels=8)
    stages = model.train_cfg.rcnn
    for stage in stages if isinstance(stages, list) else [stages]:
        stage.sampler.num = 8


def stand_in_for_operators(monkeypatch):
    """Plain ones in place of those that a full mmcv has: of boxes that overlap the best stay, and regions are read."""
    def nms(boxes, scores, iou_threshold, offset):
        left, kept = scores.argsort(descending=True), []
        while len(left):
            kept.append(left[0])
            left = left[1:][box_iou(boxes[left[:1]], boxes[left[1:]])[0] <= iou_threshold]
        return torch.stack(kept)

    def roi_align(features, regions, size, scale, *others):
        inner = [(torch.arange(side) + 0.5) / side for side in size]
        low, high = (scale * corners / features.new_tensor([*features.shape[:1:-1]])
                     for corners in regions[:, 1:].split(2, dim=1))
        places = torch.stack(torch.meshgrid(*inner, indexing='ij')[::-1], dim=-1)  # (h, w, 2), x before y
        places = low[:, None, None] + places * (high - low)[:, None, None]
        return F.grid_sample(features[regions[:, 0].long()], 2 * places - 1, align_corners=False)

    importlib.import_module('mmcv.ops')
    monkeypatch.setattr(sys.modules['mmcv.ops.nms'], 'ext_module', SimpleNamespace(nms=nms))
    monkeypatch.setattr(sys.modules['mmcv.ops.roi_align'], 'roi_align', roi_align)


def write_noise(folder, *, count):
    """Names of images of 64x64 pixels."""
    names, rng = [f'{number}.png' for number in range(count)], np.random.default_rng(0)
    for name in names:
        cv2.imwrite(str(folder / name), rng.integers(0, 256, (64, 64, 3), np.uint8))
    return names


def shorten(config):
    """Two steps of four images, in this process, without a validation."""
    config.train_dataloader.update(batch_size=4, num_workers=0, persistent_workers=False)
    config.train_cfg.update(max_epochs=1)
    config.param_scheduler = None
    config.default_hooks.checkpoint.interval = 1


DATA = dict(ade20k=on_scenes, in1k=on_digits, voc07=on_labelled_noise, coco=on_boxed_noise)


@pytest.mark.parametrize('name', CONFIGS)
def test_it_trains(name, tmp_path, monkeypatch):
    backbone, _, data = name.split('_')
    if data == 'coco' and importlib.util.find_spec('mmdet') is None:
        pytest.skip('mmdet is not installed (the extra `det`)')
    config = Config.fromfile(FOLDER / f'{name}.py')
    config.model.backbone.update(init_cfg=None, **TINY[backbone])
    if backbone == 'vit-b' and 'out_indices' in config.model.backbone:
        config.model.backbone.out_indices = [index // 3 for index in config.model.backbone.out_indices]  # of 4 blocks
    config.merge_from_dict(dict(model=HEADS[name]))
    DATA[data](config, tmp_path)
    if 'rcnn' in name:
        stand_in_for_operators(monkeypatch)
    usual = inspect.signature(MultiheadAttention).parameters['dropout_layer'].default
    monkeypatch.setitem(usual, 'drop_prob', 0.)  # DETR writes into it, for all that are built later
    config.log_level = 'ERROR'
    config.custom_hooks[0].allow_random_backbone = True
    config.dump(tmp_path / 'small.py')
    train.run(train_options(tmp_path, no_validate=True))
    checkpoint = torch.load((tmp_path / 'run/last_checkpoint').read_text(), weights_only=True)
    assert checkpoint['meta']['iter'] == 2
    saved = checkpoint['state_dict']
    assert any(key.startswith('backbone.tuning.') for key in saved)
    assert any(not key.startswith('backbone.') for key in saved)
