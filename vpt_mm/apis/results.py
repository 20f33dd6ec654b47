"""What comes out: predictions as plain values, and pictures by OpenMMLab's own visualisers."""
import io
import json

import cv2
import numpy as np
from PIL import Image

from ..files import write_whole

LEGIBLE = 224  # pixels of an image's shorter side, below which text on it can not be read


def summarize(task, sample):
    """A prediction as plain values: of a class and its scores, or of the label of every pixel."""
    if task.kind == 'segmentation':
        labels = sample.pred_sem_seg.data[0].cpu().numpy()
        return dict(task=task.name, sem_seg=labels.astype(np.uint8 if len(task.classes) <= 256 else np.uint16))
    scores = sample.pred_score.detach().cpu().float()
    label = int(scores.argmax())
    return dict(task=task.name, pred_label=label, pred_score=float(scores[label]), pred_class=task.classes[label],
                pred_scores=scores.tolist())


def describe(task, prediction):
    """The same for JSON: in place of a label map, the share of the pixels that each class has."""
    if 'sem_seg' not in prediction:
        return prediction
    labels, counts = np.unique(prediction['sem_seg'], return_counts=True)
    total = prediction['sem_seg'].size
    return dict(task=task.name, shares={task.classes[label]: count / total
                                        for label, count in zip(labels.tolist(), counts.tolist())})


def draw(task, array, sample, *, name='', show=False, wait_time=0, out_file=None):
    """(H, W, 3) RGB: the image, BGR, with the prediction on it; written to ``out_file`` as well.

    Small images are enlarged where the prediction is text.
    """
    with task.drawing:  # a visualizer holds one figure
        if task.visualizer is None:
            task.visualizer = _visualizer(task)
        image = np.ascontiguousarray(array[..., ::-1])
        if task.kind == 'segmentation':
            task.visualizer.add_datasample(name, image, sample.cpu(), draw_gt=False, show=show, wait_time=wait_time)
        else:
            resize = LEGIBLE if min(image.shape[:2]) < LEGIBLE else None
            task.visualizer.visualize_cls(image, sample, classes=task.classes, draw_gt=False, show=show,
                                          wait_time=wait_time, name=name, resize=resize)
        picture = np.array(task.visualizer.get_image())
    if out_file:
        write_whole(encode_png(picture), out_file)
    return picture


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
