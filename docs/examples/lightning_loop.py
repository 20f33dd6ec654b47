"""The same with Lightning: python lightning_loop.py photos out"""
import sys

import lightning
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

from vpt_mm import adapt


class Prompted(lightning.LightningModule):
    """A prompted model as Lightning trains it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def training_step(self, batch, index):
        images, labels = batch
        loss = torch.nn.functional.cross_entropy(self.model(images), labels)
        self.log('loss', loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.AdamW(self.model.parameter_groups(prompts=dict(lr=1e-2), head=dict(lr=1e-3)))


def train(folder, out, source='vit_base_patch16_224.augreg_in21k', *, epochs=10, trainer=None, **options):
    """Train, and write the task; ``trainer`` are options of Lightning's ``Trainer``. Returns the path of the file."""
    photos = ImageFolder(folder, loader=str)  # paths, which are read as in serving
    model = adapt(source, dict(type='DeepPrompt', length=10), classes=photos.classes, **options)
    photos.transform = model.transform
    run = lightning.Trainer(max_epochs=epochs, **(trainer or {}))
    run.fit(Prompted(model), DataLoader(photos, batch_size=16, shuffle=True))
    return model.save_task(out) if run.is_global_zero else None


if __name__ == '__main__':
    print(train(*sys.argv[1:]))
