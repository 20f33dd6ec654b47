"""What comes out: predictions as plain values, and pictures by OpenMMLab's own visualisers."""
import io
import json

import cv2
import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from PIL import Image

from ..files import write_whole
from .ensemble import gives_several, labels_of

LEGIBLE = 224  # pixels of an image's shorter side, below which text on it can't be read
LEAST, LARGEST = 2, 2048  # pixels of a picture's sides: mmseg can't draw a single one, and takes long for many


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
    """(H, W, 3) RGB: the image, BGR, with the prediction on it; written to ``out_file`` as well.

    Small images are enlarged where the prediction is text, and large ones are shrunk.
    """
    size = _picture_size(array.shape[:2], least=LEAST if task.kind == 'segmentation' else LEGIBLE)
    how = cv2.INTER_AREA if max(array.shape) > LARGEST else cv2.INTER_LINEAR
    image = np.ascontiguousarray(cv2.resize(array, size, interpolation=how)[..., ::-1])
    with task.drawing:  # a visualizer holds one figure
        if task.visualizer is None:
            task.visualizer = _visualizer(task)
        if task.kind == 'segmentation':
            task.visualizer.add_datasample(name, image, _resized(sample, size), draw_gt=False, show=show,
                                           wait_time=wait_time)
        else:
            task.visualizer.visualize_cls(image, sample, classes=task.classes, draw_gt=False, show=show,
                                          wait_time=wait_time, name=name)
        picture = np.array(task.visualizer.get_image())
    if out_file:
        write_whole(encode_png(picture), out_file)
    return picture


def _picture_size(shape, *, least):
    """(width, height) in which an image (height, width) is drawn."""
    scale = min(max(least / min(shape), 1), LARGEST / max(shape))
    height, width = (max(round(scale * side), LEAST) for side in shape)
    return width, height


def _resized(sample, size):
    """A data sample whose label map has another (width, height)."""
    labels = sample.pred_sem_seg.data[0].cpu().numpy()
    labels = cv2.resize(labels.astype(np.uint16), size, interpolation=cv2.INTER_NEAREST)
    return SegDataSample(pred_sem_seg=PixelData(data=torch.from_numpy(labels.astype(np.int64))[None]))


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


def _visualizer(task):
    if task.kind == 'classification':
        from mmpretrain.visualization import UniversalVisualizer
        return UniversalVisualizer()
    from mmseg.visualization import SegLocalVisualizer
    visualizer = SegLocalVisualizer(alpha=0.6)
    visualizer.set_dataset_meta(classes=list(task.classes), palette=[list(colour) for colour in task.palette])
    return visualizer
