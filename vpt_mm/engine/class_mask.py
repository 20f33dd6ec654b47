"""TaskLoss: the loss of a classifier over the classes of one task alone."""
import torch
from torch import nn

from ..errors import UsageError


class TaskLoss(nn.Module):
    """Stands before a loss: scores of classes that are not of the current task become -inf.

    Without it each task teaches the head to give no other class, whatever is learned in the backbone. In tests nothing
    is masked. The loss must be one of hard labels.

    Args:
        loss: module of scores (B, C) and labels.
        classes: number of classes, C.
    """

    def __init__(self, loss, classes):
        super().__init__()
        self.loss: nn.Module = loss
        self.others: torch.Tensor
        self.register_buffer('others', torch.zeros(classes, dtype=torch.bool), persistent=False)

    def restrict(self, labels):
        """Let the classes with these labels alone have a score."""
        self.others.fill_(True)
        self.others[list(labels)] = False

    def forward(self, scores, *args, **kwargs):
        return self.loss(scores.masked_fill(self.others, float('-inf')), *args, **kwargs)


def mask_loss(model):
    """Put a :class:`TaskLoss` before the loss of a classifier's head; returns it.

    Raises:
        UsageError: another model.
    """
    head = getattr(model, 'head', None)
    if not isinstance(getattr(head, 'loss_module', None), nn.Module) or not hasattr(head, 'num_classes'):
        raise UsageError('the class mask stands before the loss of a linear head of mmpretrain, and '
                         f'{type(head or model).__name__} has no loss_module: set class_mask=False in train_cfg.')
    head.loss_module = TaskLoss(head.loss_module, head.num_classes).to(next(head.parameters()).device)
    return head.loss_module
