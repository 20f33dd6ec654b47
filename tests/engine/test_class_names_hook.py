"""ClassNamesHook in a segmentor's run: trained on some classes, tested on others by name."""
import torch
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from tests import served
from tests.clip import write_clip
from tests.runs import RandomImages
from vpt_mm.tasks import publish_task


@DATASETS.register_module()
class RandomScenes(RandomImages):
    """32x32 noise with a class for each pixel."""

    metainfo = dict(classes=('sky', 'hut', 'tree'), palette=[[0, 0, 0], [9, 9, 9], [200, 0, 0]])

    def __init__(self, pipeline=(), **images):
        super().__init__(**images)

    def __getitem__(self, index):
        labels = torch.randint(0, 2, (1, 32, 32), generator=torch.Generator().manual_seed(index))
        shapes = dict(img_path=f'{index}.png', ori_shape=(32, 32), img_shape=(32, 32))
        sample = SegDataSample(metainfo=shapes, gt_sem_seg=PixelData(data=labels))
        return dict(inputs=self.images[index], data_samples=sample)


@DATASETS.register_module()
class OtherScenes(RandomScenes):
    metainfo = dict(classes=('owl', 'lake'))


def config_of(folder, **changes):
    clip = folder / 'clip.safetensors'
    config = served.segmentor_by_name(str(clip) if clip.exists() else write_clip(clip), dict(
        type='ContextPrompt', length=2), mode='slide')
    config.model.data_preprocessor.size = (32, 32)
    config.model.decode_head.update(classes=None, num_classes=3, norm_cfg=dict(type='BN'))
    config.model.auxiliary_head[0].update(num_classes=3, norm_cfg=dict(type='BN'))
    for phase in ('train', 'val', 'test'):
        loader = config[f'{phase}_dataloader']
        loader.update(collate_fn=dict(type='pseudo_collate'), dataset=dict(type='RandomScenes'))
    config.val_evaluator = config.test_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
    config.custom_hooks.append(dict(type='ClassNamesHook'))
    config.work_dir = str(folder / 'run')
    config.train_cfg.update(max_iters=2)
    config.update(changes)
    return config


def test_a_segmentor_is_trained_on_some_classes_and_tested_on_others(tmp_path):
    runner = Runner.from_cfg(config_of(tmp_path))
    model = runner.model
    model.init_weights()
    first = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    runner.train()
    words = model.decode_head.conv_seg
    assert words.names == ['sky', 'hut', 'tree'] and model.out_channels == model.num_classes == 3
    moved = {key for key, tensor in model.state_dict().items() if not torch.equal(tensor, first[key])}
    learned = ['decode_head.conv_seg.projection.weight', 'decode_head.conv_seg.text.tuning.tokens']
    assert set(learned) <= moved and not any(key.startswith('backbone.') for key in moved)
    assert sorted(key for key in moved if '.text.' in key or '.conv_seg.projection' in key) == learned
    file = tmp_path / 'run' / 'iter_2.pth'
    state = torch.load(file, weights_only=False)['state_dict']
    assert moved <= set(state) and file.stat().st_size < 400_000
    config = config_of(tmp_path, load_from=str(file))
    config.test_dataloader.dataset.type = 'OtherScenes'
    tester = Runner.from_cfg(config)
    assert 'mIoU' in tester.test()
    assert tester.model.decode_head.conv_seg.names == ['owl', 'lake'] and tester.model.out_channels == 2
    said = publish_task(file, tmp_path / 'task.safetensors')
    assert said['classes'] == ['sky', 'hut', 'tree'] and said['model']['palette'][2] == [200, 0, 0]
    assert set(said['base']) == {'backbone.', 'decode_head.conv_seg.text.'}
