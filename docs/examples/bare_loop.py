"""Photos in folders named after their classes, learned by prompts in a bare loop: python bare_loop.py photos out"""
import sys

import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

from vpt_mm import adapt


def train(folder, out, source='vit_base_patch16_224.augreg_in21k', *, epochs=10, **options):
    """Train, and write the task; ``options`` are those of :func:`vpt_mm.adapt`. Returns the path of the file."""
    photos = ImageFolder(folder, loader=str)  # paths, which are read as in serving
    model = adapt(source, dict(type='DeepPrompt', length=10), classes=photos.classes, **options)
    photos.transform = model.transform
    model.print_trainable_parameters()
    model.to('cuda' if torch.cuda.is_available() else 'cpu')
    optimizer = torch.optim.AdamW(model.parameter_groups(prompts=dict(lr=1e-2), head=dict(lr=1e-3)))
    device = next(model.parameters()).device
    for epoch in range(epochs):
        for images, labels in DataLoader(photos, batch_size=16, shuffle=True):
            loss = torch.nn.functional.cross_entropy(model(images.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f'epoch {epoch + 1}: {loss.item():.3f}')
    return model.save_task(out)


if __name__ == '__main__':
    print(train(*sys.argv[1:]))
