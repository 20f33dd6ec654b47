"""What the app answers: predictions as JSON or PNG, and refusals that name none of the server's folders."""
import base64
import re
from collections.abc import Mapping

import cv2
import numpy as np
import torch
from mmengine.structures import PixelData
from starlette.responses import JSONResponse, Response

from ...datasets.background import background_of
from ..ensemble import gives_several
from ..results import describe, draw, encode_png, summarize

FORMS = ('json', 'overlay', 'picture', 'labels')
MOST_SIDE = 1024  # pixels of what is drawn: drawing takes seconds for each million of them


def answer(task, array: np.ndarray, sample, form: str) -> Response:
    """The response with a prediction.

    Args:
        task: that predicted.
        array: the image, (H, W, 3) BGR uint8.
        sample: the data sample.
        form: one of ``FORMS``.
    """
    prediction = summarize(task, sample)
    if form == 'picture':
        return _png(_draw(task, array, sample))
    if form == 'labels' and 'sem_seg' in prediction:
        return _png(prediction['sem_seg'])
    described = describe(task, prediction)
    if gives_several(task):
        described['threshold'] = task.members[0].model.head.thr
    if task.origin is not task:  # whose classes no list of tasks has
        described.update(colours_of(task), classes=task.classes)
    if form == 'overlay' and 'sem_seg' in prediction:
        described['overlay'] = base64.b64encode(encode_png(_palette(task)[_small_labels(sample)])).decode()
    return JSONResponse(described)


def colours_of(task) -> dict:
    """The colours of a segmentor's classes, and the numbers of those that overlays leave unpainted, as entries."""
    return dict(colours=task.palette, unpainted=background_of(task.classes)) if task.kind == 'segmentation' else {}


def _palette(task):
    """(C, 4) uint8: the colour of each class, and whether it is seen."""
    palette = np.full((len(task.classes), 4), 255, np.uint8)
    palette[:, :3] = task.palette
    palette[background_of(task.classes)] = 0
    return palette


def refuse(status: int, reason: object, headers: Mapping[str, str] | None = None) -> Response:
    """The response ``{"error": reason}``, in which files have names and no folders."""
    return JSONResponse(dict(error=without_folders(str(reason))), status, headers)


def without_folders(text: str) -> str:
    """The text with the last part of each path alone; addresses of other machines stay as they are."""
    return re.sub(r'\S+', lambda word: _without_folders(word.group()), text)


def _without_folders(word):
    if re.search(r'(?<!file)://', word):
        return word
    return re.sub(r'''(?:[A-Za-z]:|file:)?(?:[^'"(\[{=,;|]*[/\\])+''', '', word)


def _png(array):
    return Response(encode_png(array), media_type='image/png')


def _draw(task, array, sample):
    if task.kind == 'segmentation':
        labels = torch.from_numpy(_small_labels(sample).astype(np.int64))
        sample.pred_sem_seg = PixelData(data=labels[None])
    return draw(task, _shrink(array), sample)


def _small_labels(sample):
    return _shrink(sample.pred_sem_seg.data[0].cpu().numpy().astype(np.uint16))


def _shrink(array):
    """(H, W, 3) or labels (H, W), at most ``MOST_SIDE`` high and wide."""
    height, width = array.shape[:2]
    share = min(MOST_SIDE / max(height, width), 1)
    size = max(round(width * share), 1), max(round(height * share), 1)
    return cv2.resize(array, size, interpolation=cv2.INTER_AREA if array.ndim == 3 else cv2.INTER_NEAREST_EXACT)
