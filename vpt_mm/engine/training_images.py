"""training_images(): the training images of a config, for what is measured on them outside of training."""
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from rich.progress import track


def training_images(config, most=None, *, title, size=1):
    """Yields batches as the training pipeline makes them, in the order of the dataset.

    Args:
        config: mmengine ``Config`` with ``train_dataloader``.
        most: number of images, evenly spread over all; all by default.
        title: what the progress bar says.
        size: images of a batch.
    """
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
        loader = Runner.build_dataloader({**config.train_dataloader, 'num_workers': 0, 'persistent_workers': False,
                                          'sampler': dict(type='DefaultSampler', shuffle=False)})
    count = len(loader.dataset)
    indices = spread(count, count if most is None else most)
    for first in track(range(0, len(indices), size), description=title):
        yield loader.collate_fn([loader.dataset[index] for index in indices[first:first + size]])


def spread(count, most):
    """At most so many indices of ``count`` images, evenly spread."""
    most = min(count, most)
    return [index * count // most for index in range(most)]
