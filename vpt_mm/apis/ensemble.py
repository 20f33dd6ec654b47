"""Ensemble: several task files of one task, whose scores are averaged (Jia et al. 2022, appendix B)."""
import copy

import torch
from mmengine.structures import PixelData
from mmpretrain.models.heads import MultiLabelClsHead

from ..errors import UsageError


class Ensemble:
    """Prompt sets that were trained for the same classes; an image passes the backbone once, with all of them.

    Args:
        members: tasks.
        name: that requests use.

    Attributes:
        mixes: whether all members do (:class:`ServedTask`).
        origin: as a task's (:class:`ServedTask`).

    Raises:
        UsageError: members of another kind or for other classes.
    """

    def __init__(self, members, name):
        first = members[0]
        for task in members[1:]:
            if (task.kind, task.classes, task.first_label) != (first.kind, first.classes, first.first_label):
                raise UsageError(f'the task files of an ensemble are for the same classes, numbered alike, but '
                                 f'{task.path} is for others than {first.path}.')
        self.name, self.members = name, tuple(members)
        self.kind, self.classes, self.palette = first.kind, first.classes, first.palette
        self.first_label = first.first_label
        self.mixes = all(task.mixes for task in members)
        self.nbytes = sum(task.nbytes for task in members)
        self.path = ', '.join(task.path for task in members)
        self.origin, self.takes_names = self, all(task.takes_names for task in members)

    def named(self, names):
        """The same ensemble for other classes, known by their names; raises what ``ServedTask.named`` does."""
        twin = Ensemble([member.named(names) for member in self.members], self.name)
        twin.origin = self.origin
        return twin


def average(samples, task):
    """One data sample from those of a task's members, as OpenMMLab's test-time augmentation merges them."""
    if len(samples) == 1:
        return samples[0]
    merged = copy.copy(samples[0])
    if 'pred_score' in merged:
        score = sum(sample.pred_score for sample in samples) / len(samples)
        return merged.set_pred_score(score).set_pred_label(labels_of(score.detach(), task))
    logits = [sample.seg_logits.data for sample in samples]
    several = len(logits[0]) > 1  # one channel is a probability already
    scores = sum(one.softmax(dim=0) if several else one for one in logits) / len(logits)
    threshold = task.members[0].model.decode_head.threshold
    labels = scores.argmax(dim=0, keepdim=True) if several else (scores > threshold).to(scores)
    merged.set_data(dict(seg_logits=PixelData(data=scores), pred_sem_seg=PixelData(data=labels)))
    return merged


def gives_several(task):
    """Whether a task gives an image several labels or none."""
    return isinstance(getattr(task.members[0].model, 'head', None), MultiLabelClsHead)


def labels_of(score, task):
    """The labels that scores (C,) mean: the best, or of several those that mmpretrain's head for them predicts."""
    if not gives_several(task):
        return score.argmax(dim=0, keepdim=True)
    head = task.members[0].model.head
    return torch.where(score >= head.thr)[0] if head.thr is not None else score.topk(head.topk)[1]
