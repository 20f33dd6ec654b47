"""Small real runs over several tasks: a classifier with a prompted ViT on six classes of noise."""
import numpy as np
import torch
from mmengine.registry import DATASETS
from mmpretrain.datasets import BaseDataset
from mmpretrain.structures import DataSample

from tests.runs import run_config, save_weights


@DATASETS.register_module()
class SixClasses(BaseDataset):
    """32x32 noise around a colour for each of six classes, in ``rooms`` by turns; the first has ``extra`` images."""

    METAINFO = dict(classes=tuple('abcdef'))

    def __init__(self, per_class=2, extra=3, rooms=('hall', ), **dataset):
        self.per_class, self.extra, self.rooms = per_class, extra, rooms
        super().__init__(ann_file='', **dataset)

    def load_data_list(self):
        found = [(label, number) for number in range(self.per_class) for label in range(6)] + [(0, 99)] * self.extra
        return [dict(gt_label=label, number=number, room=self.rooms[number % len(self.rooms)])
                for label, number in found]

    def prepare_data(self, idx):
        info = self.get_data_info(idx)
        noise = np.random.RandomState(info['gt_label'] * 1000 + info['number'])
        image = torch.from_numpy(noise.randint(0, 60, (3, 32, 32)) + 30 * info['gt_label']).byte()
        return dict(inputs=image, data_samples=DataSample(metainfo=dict(sample_idx=idx)).set_gt_label(info['gt_label']))


def stream_config(folder, *, tuning, weights=None, epochs=2, loop=(), **changes):
    """A config with three tasks of two classes; without ``weights``, new ones are written to the folder."""
    loader = dict(batch_size=4, num_workers=0, collate_fn=dict(type='default_collate'),
                  dataset=dict(type='SixClasses'))
    folder.mkdir(exist_ok=True, parents=True)
    config = run_config(folder, weights=weights or save_weights(folder / 'base.pth'), tuning=tuning)
    config.model.head.num_classes = config.model.data_preprocessor.num_classes = 6
    config.merge_from_dict(dict(
        train_cfg={**dict(_delete_=True, type='ContinualLoop', stream=dict(type='ClassStream', tasks=3), epochs=epochs),
                   **dict(loop)},
        train_dataloader=dict(_delete_=True, sampler=dict(type='DefaultSampler', shuffle=True), **loader),
        val_dataloader=dict(_delete_=True, sampler=dict(type='DefaultSampler', shuffle=False), **loader),
        optim_wrapper=dict(optimizer=dict(_delete_=True, type='Adam', lr=0.01)),
        param_scheduler=dict(_delete_=True, type='LinearLR', start_factor=0.1, end=2, by_epoch=True,
                             convert_to_iter_based=True),
        default_hooks=dict(checkpoint=dict(type='PromptCheckpointHook', by_epoch=True, interval=1)),
        log_processor=dict(by_epoch=True)))
    config.custom_hooks[0].interval = 1
    config.merge_from_dict(changes)
    return config
