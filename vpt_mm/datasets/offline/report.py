"""What the offline tasks and captioned symbols are like: how far mean colour and a small ConvNet get, and pictures."""
import numpy as np
import torch
from rich.table import Table
from torch import nn

from ...errors import needs_extra
from ...picture import picture
from .captioned import SEEN, name_of
from .drawings import STYLES, draw
from .symbols import FIGURES
from .table import DRAWN_TASKS, find_drawn, load_split


def mean_colour_score(name, *, seed=0):
    """Test accuracy of logistic regression on the three channel means: near chance, if a task asks for more."""
    with needs_extra('demo', 'logistic regression'):
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    (images, labels), (held_out, truth) = (load_split(name, split, seed=seed) for split in ('train800val200', 'test'))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return model.fit(images.mean((1, 2)), labels).score(held_out.mean((1, 2)), truth)


def convnet_score(name, *, epochs=15, seed=0):
    """Test accuracy of a small ConvNet, trained on the task from scratch: above chance, if it can be learned."""
    (images, labels), (held_out, truth) = (map(torch.from_numpy, load_split(name, split, seed=seed))
                                           for split in ('train800val200', 'test'))
    torch.manual_seed(seed)
    model = _convnet(classes=len(DRAWN_TASKS[name].classes))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.003, total_steps=epochs * (len(images) // 50))
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(_scale(images[batch])), labels[batch]).backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        found = torch.cat([model(_scale(batch)) for batch in held_out.split(100)]).argmax(1)
    return (found == truth).float().mean().item()


def _convnet(*, classes):
    widths = (3, 16, 32, 64, 64)
    layers = [nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2))
              for before, after in zip(widths, widths[1:])]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 4 * 4, classes))


def _scale(images):
    """(B, H, W, 3) uint8 to (B, 3, H, W)."""
    return images.permute(0, 3, 1, 2).float() / 64 - 2


def offline_table(names, *, convnet=False):
    """A row for each task: its group, classes, chance, and what is reached from little.

    Raises:
        UsageError: no task of this name.
    """
    tasks = {name: find_drawn(name) for name in names}
    table = Table(title='Offline tasks: test accuracy')
    for title in ('task', 'group'):
        table.add_column(title)
    for title in ('classes', 'chance', 'mean colour', *(['small ConvNet'] if convnet else [])):
        table.add_column(title, justify='right')
    for name, task in tasks.items():
        scores = [1 / len(task.classes), mean_colour_score(name), *([convnet_score(name)] if convnet else [])]
        table.add_row(name, task.group, str(len(task.classes)), *(f'{100 * score:.1f}' for score in scores))
    return table


def draw_offline(names, out, *, columns=12):
    """Write a picture: a row of training images for each task, over its classes from the first to the last."""
    size = columns * 0.85 + 1, len(names) * 1.02
    with picture(out, len(names), columns, size=size, squeeze=False) as (_, axes):
        for row, name in zip(axes, names):
            images, labels = load_split(name, 'train800')
            order = np.argsort(labels, kind='stable')
            for cell, index in zip(row, order[np.linspace(0, len(order) - 1, columns).astype(int)]):
                cell.imshow(images[index], interpolation='nearest')
                cell.set_title(DRAWN_TASKS[name].classes[labels[index]], fontsize=7, pad=2)
                cell.set(xticks=[], yticks=[])
            row[0].set_ylabel(name, rotation=0, ha='right', va='center')


def draw_styles(out, *, columns=10):
    """Write a picture: a row for each style of captioned symbols, each column one letter over one figure."""
    letters = SEEN[::len(SEEN) // columns][:columns]
    with picture(out, len(STYLES), columns, size=(columns * 0.85 + 1, len(STYLES) * 1.02), squeeze=False) as (_, axes):
        for row, style in zip(axes, STYLES):
            for number, (cell, letter, figure) in enumerate(zip(row, letters, FIGURES)):
                cell.imshow(draw(letter, figure, style=style, rng=np.random.default_rng(number)))
                cell.set(xticks=[], yticks=[])
                if style == STYLES[0]:
                    cell.set_title(f'{name_of(letter)}\non a {figure}', fontsize=7, pad=2)
            row[0].set_ylabel(style, rotation=0, ha='right', va='center')
