"""tell_finished(): what a training leaves behind, and what can be run next."""
import os
import shlex
from pathlib import Path

from mmengine.dist import master_only
from mmengine.runner import EpochBasedTrainLoop

from ..errors import UsageError, line_of
from ..models.frozen import base_names
from ..models.openmmlab import unwrap
from ..tasks.from_config import describe
from .training_picture import draw_training


@master_only
def tell_finished(runner, *, picture=True):
    """Draw the curves of a training that is over into its work dir, and say which commands go on from there.

    Nothing that goes wrong here fails the training: it is said in one line.

    Args:
        runner: mmengine's, after ``train()``.
        picture: False to draw nothing.
    """
    if picture:
        _tell(runner, _draw, failing='There is no picture of this training')
    _tell(runner, _go_on, failing='What to run next is not known')


def _tell(runner, step, *, failing):
    """Log what a step says; the training is over and well, whatever goes wrong in it."""
    try:
        said = step(runner)
    except Exception as error:  # told below, and nothing more depends on it
        runner.logger.warning(f'{failing}: {line_of(error)}')
    else:
        if said:
            runner.logger.info(said)


def _draw(runner):
    out = os.path.relpath(Path(runner.work_dir, 'curves.png'))
    by_epoch = isinstance(runner.train_loop, EpochBasedTrainLoop)
    draw_training(runner.log_dir, out, validated_by='epoch' if by_epoch else 'iteration')
    return f'{out} has the curves of this training.'


def _go_on(runner):
    commands = next_commands(runner)
    return f'To go on: {", then ".join(commands)}' if commands else ''


def next_commands(runner):
    """Command lines that test the best checkpoint, or else the last one, publish it and predict with it."""
    checkpoint = runner.message_hub.runtime_info.get('best_ckpt') or runner.message_hub.runtime_info.get('last_ckpt')
    config = Path(runner.work_dir, Path(runner.cfg.filename or 'none').name)  # as it was run, options included
    if not checkpoint or not config.is_file():
        return []
    shown = shlex.quote(os.path.relpath(checkpoint))
    task = shlex.quote(f'{config.stem}.safetensors')
    commands = []
    if runner.cfg.get('test_dataloader'):
        commands.append(f'vpt-mm test {shlex.quote(os.path.relpath(config))} {shown}')
    if _is_served(runner.cfg):
        commands += [f'vpt-mm publish {shown} {task}', f'vpt-mm predict IMAGES OUT --task {task}{_weights(runner)}']
    return commands


def _weights(runner):
    """The option that names a file of the backbone's weights, which no task file is believed to say."""
    local = [source for source in base_names(unwrap(runner.model)).values() if os.path.isfile(source)]
    return f' --checkpoint {shlex.quote(os.path.relpath(local[0]))}' if local else ''


def _is_served(config):
    try:
        describe(config.to_dict())
    except UsageError:
        return False
    return True
