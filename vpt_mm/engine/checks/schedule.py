"""Schedules: a warm-up ends, and within the run."""
from .parts import listed, name_of, warn


def check_schedule(config, *, images=None):
    """Warn of a learning rate that never comes near the one that is set.

    Args:
        images: number of images of the training data, or None where it is not known.
    """
    loop, loader = config.get('train_cfg') or {}, config.get('train_dataloader') or {}
    epoch = -(-images // loader['batch_size']) if images and loader.get('batch_size') else None
    for scheduler in listed(config.get('param_scheduler')):
        if not name_of(scheduler).startswith('Linear') or scheduler.get('start_factor', 1 / 3) >= 1:
            continue
        by_epoch, per_step = scheduler.get('by_epoch', True), scheduler.get('convert_to_iter_based', False)
        unit = 'epoch' if by_epoch else 'iteration'
        begin, end = scheduler.get('begin', 0), scheduler.get('end')
        last = _length(loop, epoch, by_epoch)
        if end is None:
            continue
        if last is not None and end > last:
            warn(f'the warm-up ends at {unit} {end} and the training at {last}: the learning rate never reaches the '
                 f'one that is set (optim_wrapper.optimizer.lr). Set the end of {name_of(scheduler)} lower.')
        elif (end - begin) * (epoch or 2 if by_epoch and per_step else 1) < 2:
            warn(f'a warm-up of one step, as {name_of(scheduler)} has from {unit} {begin} to {end}, never ends: the '
                 f'learning rate stays at {scheduler.get("start_factor", 1 / 3):g} of the one that is set. Give it 2 '
                 'steps or more, or leave it out.')


def _length(loop, epoch, by_epoch):
    """Length of the training in epochs, or in iterations; None where it is not known."""
    epochs, iterations = loop.get('max_epochs'), loop.get('max_iters')
    if by_epoch:
        return epochs if epochs is not None else iterations // epoch if iterations and epoch else None
    return iterations if iterations is not None else epochs * epoch if epochs and epoch else None
