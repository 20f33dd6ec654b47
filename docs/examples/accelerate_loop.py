"""The same with accelerate: accelerate launch accelerate_loop.py photos out"""
import sys

import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

from vpt_mm import adapt


def train(folder, out, source='vit_base_patch16_224.augreg_in21k', *, epochs=10, **options):
    """Train, and write the task; ``options`` are those of :func:`vpt_mm.adapt`. Returns the path of the file."""
    accelerator = Accelerator()
    photos = ImageFolder(folder, loader=str)  # paths, which are read as in serving
    model = adapt(source, dict(type='DeepPrompt', length=10), classes=photos.classes, **options)
    photos.transform = model.transform
    optimizer = torch.optim.AdamW(model.parameter_groups(prompts=dict(lr=1e-2), head=dict(lr=1e-3)))
    loader = DataLoader(photos, batch_size=16, shuffle=True)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    for _ in range(epochs):
        for images, labels in loader:
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            accelerator.backward(loss)
            optimizer.step()
    accelerator.wait_for_everyone()
    return accelerator.unwrap_model(model).save_task(out) if accelerator.is_main_process else None


if __name__ == '__main__':
    print(train(*sys.argv[1:]))
