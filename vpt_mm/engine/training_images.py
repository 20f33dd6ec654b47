"""training_images(): training images of a config one by one, for what is measured on them outside of a training."""
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from rich.progress import track


def training_images(config, most=None, *, title):
    """Yields batches of one image as the training pipeline makes them, in the order of the dataset.

    Args:
        config: mmengine ``Config`` with ``train_dataloader``.
        most: number of images, evenly spread over all; all by default.
        title: what the progress bar says.
    """
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
        loader = Runner.build_dataloader({**config.train_dataloader, 'num_workers': 0, 'persistent_workers': False,
                                          'sampler': dict(type='DefaultSampler', shuffle=False)})
    count = len(loader.dataset)
    for index in track(spread(count, count if most is None else most), description=title):
        yield loader.collate_fn([loader.dataset[index]])


def spread(count, most):
    """At most so many indices of ``count`` images, evenly spread."""
    most = min(count, most)
    return [index * count // most for index in range(most)]
