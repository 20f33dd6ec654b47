"""How a tuning method's own losses leave the forward pass, through models that know nothing of them."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor

COLLECTED: ContextVar[dict[str, Tensor] | None] = ContextVar('losses', default=None)  # of this thread


@contextmanager
def collect_losses() -> Iterator[dict[str, Tensor]]:
    """Context whose dict gathers the losses of tuning methods by name; of several passes, their sum.

    ``PromptOptimWrapper`` adds them to the loss of the model; a loop of your own does the same::

        with collect_losses() as losses:
            loss = criterion(model(images), labels)
        (loss + sum(losses.values())).backward()
    """
    losses: dict[str, Tensor] = {}
    token = COLLECTED.set(losses)
    try:
        yield losses
    finally:
        COLLECTED.reset(token)


def report_losses(losses: dict[str, Tensor]) -> None:
    """Add losses to those of the context around, if there is one."""
    for name, loss in losses.items():  # most methods have none, and a compiled graph can't ask for the context
        collected = COLLECTED.get()
        if collected is not None:
            collected[name] = collected[name] + loss if name in collected else loss
