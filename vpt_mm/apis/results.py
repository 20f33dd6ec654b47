"""What comes out: predictions as plain values, and pictures of them."""
import io
import json

import cv2
import numpy as np
from mmengine.visualization import Visualizer
from PIL import Image

from ..files import write_whole
from .drawing import LEGIBLE, draw_labels, draw_scores
from .ensemble import gives_several, labels_of

LARGEST = 2048  # pixels of the longer side of what is drawn


def summarize(task, sample):
    """A prediction as plain values: of a class and its scores, or of the label of every pixel.

    A task of several labels an image gives all that reach the threshold of its head as well (``pred_labels`` and
    ``pred_classes``); ``pred_label`` is the best one.

    Label maps (``sem_seg``) are numbered as the masks that the task was trained on: from ``task.first_label``, which is
    1 where 0 means unlabelled there.
    """
    if task.kind == 'segmentation':
        labels = sample.pred_sem_seg.data[0].cpu().numpy()
        kind = np.uint8 if len(task.classes) + task.first_label <= 256 else np.uint16
        return dict(task=task.name, sem_seg=labels.astype(kind) + kind(task.first_label))
    scores = sample.pred_score.detach().cpu().float()
    label = int(scores.argmax())
    found = dict(task=task.name, pred_label=label, pred_score=float(scores[label]), pred_class=task.classes[label],
                 pred_scores=scores.tolist())
    if gives_several(task):
        labels = labels_of(scores, task).tolist()
        found.update(pred_labels=labels, pred_classes=[task.classes[label] for label in labels])
    return found


def describe(task, prediction):
    """The same for JSON: in place of a label map, the share of the pixels that each class has."""
    if 'sem_seg' not in prediction:
        return prediction
    labels, shares = prediction['sem_seg'], {}
    counts = np.zeros(len(task.classes) + task.first_label, np.int64)
    for row in labels:  # of all rows at once, bincount would make 64-bit integers
        counts += np.bincount(row, minlength=len(counts))
    for label in np.flatnonzero(counts).tolist():
        name = task.classes[label - task.first_label]
        shares[name] = shares.get(name, 0) + counts[label].item() / labels.size
    return dict(task=task.name, shares=shares)


def draw(task, array, sample, *, name='', show=False, wait_time=0, out_file=None):
    """RGB: the image, BGR, with the prediction on it and a legend below (:mod:`.drawing`); also to ``out_file``.

    Small images are enlarged, and large ones are shrunk.
    """
    size = _picture_size(array.shape[:2])
    how = cv2.INTER_AREA if max(array.shape) > LARGEST else cv2.INTER_LINEAR
    image = np.ascontiguousarray(cv2.resize(array, size, interpolation=how)[..., ::-1])
    if task.kind == 'segmentation':
        picture = draw_labels(image, _resized(sample, size), task.classes, task.palette)
    else:
        scores = sample.pred_score.detach().cpu().float()
        chosen = labels_of(scores, task).tolist() if gives_several(task) else None
        picture = draw_scores(image, scores.numpy(), task.classes, chosen=chosen)
    if show:
        Visualizer().show(picture, name, wait_time)
    if out_file:
        write_whole(encode_png(picture), out_file)
    return picture


def _picture_size(shape):
    """(width, height) in which an image (height, width) is drawn."""
    scale = min(max(LEGIBLE / max(shape), 1), LARGEST / max(shape))
    height, width = (max(round(scale * side), 1) for side in shape)
    return width, height


def _resized(sample, size):
    """The label map of a data sample in another (width, height)."""
    labels = sample.pred_sem_seg.data[0].cpu().numpy()
    return cv2.resize(labels.astype(np.uint16), size, interpolation=cv2.INTER_NEAREST)


def write_prediction(prediction, stem):
    """A label map to ``stem``.png, scores to ``stem``.json."""
    if 'sem_seg' in prediction:
        write_whole(encode_png(prediction['sem_seg']), f'{stem}.png')
    else:
        write_whole(json.dumps(prediction, indent=1, allow_nan=False).encode(), f'{stem}.json')


def encode_png(array):
    """(H, W, 3) RGB or a label map (H, W) as the bytes of a PNG."""
    if array.dtype == np.uint16:
        return cv2.imencode('.png', array)[1].tobytes()
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, 'PNG')
    return buffer.getvalue()
