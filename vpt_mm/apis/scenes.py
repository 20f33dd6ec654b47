"""Scenes: segmentation of images whose scores memory would not hold, window by window and strip by strip.

The labels are those of mmseg's own inference: windows of the task's pipeline and ``test_cfg``, scores averaged where
they overlap, resized to the image, and the highest one taken. What is in memory at once are the scores of one row of
windows and of one strip of the image.
"""
from types import SimpleNamespace

import torch
from mmengine.structures import PixelData

from ..errors import UsageError
from .shared.nested import batch_of
from .shared.passes import is_out_of_memory, run_backbone

MOST_SCORES = 2 ** 30  # bytes of the scores at the size of the image; those of larger ones are never there at once
STRIP = 2 ** 26        # bytes of the scores of a strip


def is_scene(task, array):
    """Whether an image (H, W, 3) is predicted strip by strip under a task or ensemble."""
    if task.kind != 'segmentation' or any(member.model.data_preprocessor.test_cfg for member in task.members):
        return False  # a test_cfg pads the whole image
    return _bytes_of_row(task, array.shape[1]) * array.shape[0] > MOST_SCORES


@torch.no_grad()
def predict_scene(shared, array, task, *, batch_size):
    """The data sample of an image under a task or ensemble: ``pred_sem_seg``, and no ``seg_logits``.

    Args:
        shared: the :class:`SharedBackbone`.
        array: (H, W, 3) BGR uint8.
        batch_size: most windows of a pass.

    Raises:
        UsageError: the image is too large for the memory all the same, or scores are not finite.
    """
    try:
        return _predict(shared, array, task, batch_size)
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    raise UsageError(f'an image of {array.shape[1]}x{array.shape[0]} pixels is too large for the memory of '
                     f'{shared.device}: make it smaller.')


def _predict(shared, array, task, batch_size):
    height, width = array.shape[:2]
    rows = max(STRIP // _bytes_of_row(task, width), 1)
    kind = torch.uint8 if len(task.classes) <= 256 else torch.int32
    labels, top = torch.empty(1, height, width, dtype=kind), 0
    prepared = [member.transform(array) for member in task.members]
    members = [_scores(shared, member, inputs, sample, rows=rows, size=(height, width), batch_size=batch_size)
               for member, (inputs, sample) in zip(task.members, prepared)]
    for strips in zip(*members):
        found = _decide(strips, task)
        labels[:, top:top + len(found)] = found.cpu()
        top += len(found)
    sample = prepared[0][1]
    sample.pred_sem_seg = PixelData(data=labels)
    return sample


def _bytes_of_row(task, width):
    return 4 * width * task.members[0].model.decode_head.out_channels


def _decide(strips, task):
    """(rows, W) labels from the scores (C, rows, W) of each member; scores of several are averaged."""
    if not all(torch.isfinite(strip).all() for strip in strips):
        raise UsageError(f'{task.name} gives NaN or infinite scores: take another frozen_dtype, or sound weights.')
    if len(strips[0]) == 1:  # the probability of the second of two classes
        return sum(strip[0].sigmoid() for strip in strips) / len(strips) > task.members[0].model.decode_head.threshold
    return _highest(strips[0] if len(strips) == 1 else sum(strip.softmax(0) for strip in strips))


def _highest(scores):
    """``argmax(0)``, which is slow along the first axis on a CPU."""
    best, labels = scores[0].clone(), torch.zeros(scores.shape[1:], dtype=torch.int32, device=scores.device)
    for label, layer in enumerate(scores[1:], 1):
        labels.masked_fill_(layer > best, label)
        torch.maximum(best, layer, out=best)
    return labels


def _scores(shared, task, inputs, sample, *, rows, size, batch_size):
    """Strips (C, rows, W) of a task's scores at ``size``, from top to bottom."""
    strips = _rows_of_windows(shared, task, inputs, sample, batch_size)
    return _resize(strips, tuple(inputs.shape[1:]), size, align_corners=task.model.align_corners, rows=rows)


def _rows_of_windows(shared, task, inputs, sample, batch_size):
    """Strips (C, n, w) of the scores of ``inputs`` (3, h, w), each finished: no window below it reaches into it."""
    tops, lefts, (high, wide) = task.windows(*inputs.shape[1:])
    height, width = inputs.shape[1:]
    above, across = (torch.zeros(length, device=shared.device) for length in (height, width))
    for counts, starts, side in ((above, tops, high), (across, lefts, wide)):
        for start in starts:
            counts[start:start + side] += 1  # windows that cover a row, or a column
    held = torch.zeros(task.model.decode_head.out_channels, high, width, device=shared.device)
    for top, following in zip(tops, [*tops[1:], height]):
        windows = [inputs[:, top:top + high, left:left + wide] for left in lefts]
        for left, scores in zip(lefts, _scores_of(shared, task, windows, sample, batch_size)):
            held[:, :, left:left + wide] += scores
        done = following - top
        yield held[:, :done] / (above[top:following, None] * across)
        held = torch.cat([held[:, done:], torch.zeros_like(held[:, :done])], dim=1)


def _scores_of(shared, task, windows, sample, batch_size):
    """The scores (C, high, wide) of windows (3, high, wide) of one size, one after the other."""
    for start in range(0, len(windows), batch_size):
        images = [task.normalise(window, sample.clone())[0] for window in windows[start:start + batch_size]]
        job = SimpleNamespace(task=task, crops=images, features=[None] * len(images))
        run_backbone(shared, [(job, index) for index in range(len(images))], batch_size)
        meta = dict(sample.metainfo, img_shape=images[0].shape[2:])
        with task.model.backbone.lent([batch_of(job.features)]):
            yield from task.model.encode_decode(torch.cat(images), [meta] * len(images))


def _resize(strips, size, wanted, *, align_corners, rows):
    """Strips (C, n, w) of a map of ``size`` as strips (C, rows, W) of it at the size ``wanted``, bilinear.

    As ``F.interpolate`` of the whole map.
    """
    columns, held, first = _between(size[1], wanted[1], align_corners), None, 0
    lower, upper, share = _between(size[0], wanted[0], align_corners)
    for top in range(0, wanted[0], rows):
        part = slice(top, min(top + rows, wanted[0]))
        while held is None or first + held.shape[1] <= upper[part][-1]:
            strip = next(strips)
            held = strip if held is None else torch.cat([held, strip], dim=1)
        held, first = held[:, lower[part][0] - first:], lower[part][0].item()
        taken = _blend(held, 1, lower[part] - first, upper[part] - first, share[part])
        yield _blend(taken, 2, *columns)


def _between(length, wanted, align_corners):
    """For each of ``wanted`` places on an axis: the two of ``length`` that it lies between, and how near the second."""
    places = torch.arange(wanted, dtype=torch.float64)
    if align_corners:
        places *= (length - 1) / max(wanted - 1, 1)
    else:
        places = ((places + 0.5) * length / wanted - 0.5).clamp(min=0)
    lower = places.long().clamp(max=length - 1)
    return lower, (lower + 1).clamp(max=length - 1), places - lower


def _blend(values, axis, lower, upper, share):
    one, other = (values.index_select(axis, index.to(values.device)) for index in (lower, upper))
    return torch.lerp(one, other, share.to(values).view(-1, *[1] * (2 - axis)))
