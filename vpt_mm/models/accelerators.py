"""Accelerators: other ways to run a backbone's pass, chosen by ``accelerate=dict(type=...)``."""
from __future__ import annotations

from typing import Any

import torch
from mmengine.registry import Registry
from torch import Tensor, nn

from ..errors import UsageError, did_you_mean
from ..tuning.composed import methods_of
from ..tuning.method import Outputs, has_losses

ACCELERATORS = Registry('accelerator')


class Pass(nn.Module):
    """The pass of a backbone under its own tuning method, as a module."""

    def __init__(self, backbone: Any) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> Outputs:
        return self.backbone.run(images, self.backbone.tuning)


class Accelerator:
    """Runs the pass of the backbone that it belongs to. Copies of a backbone, such as averages, start anew."""

    def require(self, backbone: Any) -> None:
        """Raise UsageError where it can't run this backbone."""

    def __call__(self, backbone: Any, images: Tensor) -> Outputs:
        """``backbone.run(images, backbone.tuning)``, by other means."""
        raise NotImplementedError

    def __deepcopy__(self, memo: dict[int, Any]) -> Accelerator:
        return type(self)(**self.options())

    def options(self) -> dict[str, Any]:
        """The arguments that it was made with."""
        return {}


@ACCELERATORS.register_module()
class CudaGraphs(Accelerator):
    """Captures the forward and the backward pass of training as CUDA graphs, which start without Python.

    Small batches of large models spend their time starting kernels: a graph starts all of them at once. The first
    batch fixes the shapes, and what a graph reads must stay where it lies. Evaluation, where shapes differ, is left
    as it is.

    Args:
        warmup: passes before the capture, in which libraries choose their kernels.

    Raises:
        UsageError: no GPU, checkpointed blocks, a method with losses of its own, a method that asks for values while it
            runs, or images of another shape than the first.
    """

    def __init__(self, *, warmup: int = 3) -> None:
        if not has_gpu():
            raise UsageError('CudaGraphs captures kernels of a GPU, and none is available: remove accelerate from the '
                             'backbone.')
        self.warmup = warmup
        self.captured: Any = None
        self.read: list[Any] = []
        self.kind: tuple[Any, ...] = ()

    def options(self) -> dict[str, Any]:
        return dict(warmup=self.warmup)

    def require(self, backbone: Any) -> None:
        if any(getattr(module, 'with_cp', False) for module in backbone.modules()):
            raise UsageError('CudaGraphs can\'t capture checkpointed blocks, which look at the random state: set '
                             'with_cp=False, or remove accelerate.')
        for method in methods_of(backbone.tuning):
            if has_losses(method):
                raise UsageError(f'{type(method).__name__} has losses of its own, which would be left behind in a '
                                 'graph: remove accelerate from the backbone.')

    def __call__(self, backbone: Any, images: Tensor) -> Outputs:
        if not (backbone.training and torch.is_grad_enabled()):
            return backbone.run(images, backbone.tuning)
        kind = (images.shape, images.dtype, torch.is_autocast_enabled('cuda'), torch.get_autocast_dtype('cuda'))
        with torch.autocast('cuda', enabled=kind[2], dtype=kind[3], cache_enabled=False):  # casts belong to the graph
            if self.captured is None:
                self.captured, self.kind = self._capture(backbone, images), kind
            if kind != self.kind:
                raise UsageError(f'CudaGraphs captured {_describe(self.kind)} and meets {_describe(kind)}: keep to one '
                                 'size and precision, with drop_last=True in the train_dataloader, or remove '
                                 'accelerate.')
            return self.captured(images)

    def _capture(self, backbone: Any, images: Tensor) -> Any:
        try:
            captured = torch.cuda.make_graphed_callables(Pass(backbone), (images.clone(),),
                                                         num_warmup_iters=self.warmup, allow_unused_input=True)
            self.read = backbone.kept.contents()  # where the graph reads it, whatever is kept from now on
            return captured
        except RuntimeError as error:
            if 'captur' not in str(error):
                raise
            names = ', '.join(type(method).__name__ for method in methods_of(backbone.tuning))
            raise UsageError(f'CudaGraphs can\'t capture {type(backbone).__name__} with {names}, since something asks '
                             f'for values while it runs: remove accelerate. ({_first_line(error)})') from error


@ACCELERATORS.register_module()
class Compiled(Accelerator):
    """Compiles the pass with ``torch.compile``: the first pass of each shape takes minutes, the others less.

    Args:
        options: arguments of ``torch.compile``, such as ``mode='max-autotune'``.

    Raises:
        UsageError: the compiler does not work on this machine.
    """

    def __init__(self, **options: Any) -> None:
        self.given = options
        self.compiled: Any = None

    def options(self) -> dict[str, Any]:
        return self.given

    def __call__(self, backbone: Any, images: Tensor) -> Outputs:
        if self.compiled is None:
            self.compiled = torch.compile(Pass(backbone), **self.given)
        try:
            return self.compiled(images)
        except torch._dynamo.exc.TorchDynamoException as error:
            raise UsageError(f'torch.compile does not work here: remove accelerate from the backbone, or repair the '
                             f'compiler. ({_first_line(error)})') from error


def build_accelerator(config: Any, backbone: Any) -> Accelerator | None:
    """The accelerator of a config, or None.

    Raises:
        UsageError: an unknown type or argument, no tuning method, or a backbone that it can't run.
    """
    if config is None:
        return None
    given = dict(config) if isinstance(config, dict) else {'type': config}
    kind = given.pop('type', None)
    known = ACCELERATORS.module_dict
    if kind not in known:
        raise UsageError(f"accelerate needs a dict with one of the types {', '.join(known)}, got {config!r}."
                         f'{did_you_mean(kind, known)}')
    if backbone.tuning is None:
        raise UsageError(f'accelerate={kind} is for a backbone with a tuning method: set tuning, or remove it.')
    try:
        accelerator: Accelerator = known[kind](**given)
    except TypeError as error:
        raise UsageError(f'{kind}: {error}') from None
    accelerator.require(backbone)
    return accelerator


def has_gpu() -> bool:
    return torch.cuda.is_available()


def _describe(kind: tuple[Any, ...]) -> str:
    shape, dtype, autocast, precision = kind
    return f"images of {'x'.join(map(str, shape))} in {precision if autocast else dtype}"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition('\n')[0][:200]
