"""Tunable: a backbone that builds its tuning method, freezes the rest, and walks its blocks together with it."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ..errors import UsageError
from ..layers.kept import Kept
from ..layers.tracing import untraced
from ..layers.updated import is_updated, updates_off
from ..tuning.build import build_tuning, require_fit
from ..tuning.composed import TuningList
from ..tuning.losses import report_losses
from ..tuning.method import SEAMS, Memory, Outputs, TuningMethod
from ..weights.state import TUNING
from .accelerators import Accelerator, build_accelerator
from .guard import await_weights
from .known import known_or
from .loading import LoadsPretrained
from .output import feature_of

NOTHING: Mapping[str, Any] = MappingProxyType({})
PLAIN = TuningMethod()  # does nothing: under it a backbone computes what it was pretrained for


class Tunable(LoadsPretrained):
    """Mixin in front of a backbone; its ``__init__`` ends with :meth:`tune`.

    A backbone adds what :class:`~vpt_mm.tuning.host.Host` asks for, ``unread`` (modules whose outputs ``out_indices``
    does not need), and :meth:`walk`, its forward pass, which calls the ``seams`` that it names of the method that it is
    given. ``tuning`` is None without tuning.
    """

    seams: Sequence[str] = SEAMS
    lacking = ''  # why it does not call the others: 'a ConvNet, which has no ...'
    gives: frozenset[str] = frozenset()
    frozen_dtype: torch.dtype | None = None  # of the frozen part, where it is not the usual one
    unread: Sequence[nn.Module] = ()
    computed_keys: frozenset[str] = frozenset()  # of buffers that its class computes, whatever a checkpoint holds
    reads_prompts = False  # True: outputs are made of prompts that travel to the end
    reads_patches = True  # False: outputs are made of other tokens alone
    own_heads: Sequence[str] = ()  # names of parts of its own that learn as a head does
    disabled = False  # True: passes are those of the plain backbone
    merged: Mapping[Any, Any] | None = None  # what its weights were before what was learned was merged into them

    def tune(self, config: Any) -> None:
        """Build the tuning method and freeze all that it does not name; once, at construction."""
        self.tuning: TuningMethod | TuningList | None = None
        self.accelerator: Accelerator | None = None
        self.trained: frozenset[str] = frozenset()
        self.altered = False  # True: its own layers compute something else than before
        self.kept = Kept()
        self.account_for_loading()
        if config is None:
            return
        self.make_ready()
        tuning = build_tuning(config)
        require_fit(tuning, self.host)
        tuning.build_for(self.host)
        unread = {id(parameter) for module in self.unread for parameter in module.parameters()}
        readable = {name for name, parameter in self.named_parameters() if id(parameter) not in unread}
        self.trained = frozenset(readable.intersection(tuning.trains(self.host)))
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name in self.trained)
        self.altered = bool(self.trained) or any(map(is_updated, self.modules()))
        self.tuning = tuning
        self.train(self.training)
        self._prefer_pretrained()
        await_weights(self)

    def make_ready(self) -> None:
        """What comes before the method is built."""

    @property
    def host(self) -> Any:
        """What tuning methods may ask of the backbone (:class:`~vpt_mm.tuning.host.Host`): it answers itself."""
        return self

    @property
    def title(self) -> str:
        return type(self).__name__

    def forward(self, inputs: Tensor, **given: Any) -> Outputs:
        """Outputs of the backbone for (B, 3, H, W) images under its own tuning method."""
        if self.tuning is None:
            return super().forward(inputs, **given)
        if self.disabled:
            return self.plain(inputs)
        if self.merged is not None:
            return self.run_merged(inputs)
        if self.accelerator is not None and not given:
            return self.accelerator(self, inputs)
        return self.run(inputs, self.tuning, **given)

    def run(self, inputs: Tensor, tuning: TuningMethod | TuningList, *, asked: Mapping[str, Any] = NOTHING,
            **given: Any) -> Outputs:
        """Outputs under any tuning method; ``given`` is handed to its ``begin``, ``asked`` to :meth:`walk`."""
        memory = tuning.begin(inputs, self, **given)
        outputs = tuning.finish(self.walk(inputs, tuning, memory, **asked), inputs, memory)
        report_losses(tuning.losses(memory))
        return outputs

    def run_merged(self, inputs: Tensor) -> Outputs:
        """Outputs where what was learned is in the weights; nothing can learn then."""
        if self.training:
            raise UsageError('what was learned is merged into the weights, where it cannot learn on: unmerge() before '
                             'training goes on, or eval() to predict.')
        return self.walk(inputs, PLAIN, {})

    def walk(self, inputs: Tensor, tuning: TuningMethod | TuningList, memory: Memory, **asked: Any) -> Outputs:
        """The forward pass, in which backbone and method meet: one output for each of ``out_indices``."""
        raise NotImplementedError

    @torch.no_grad()
    def plain(self, inputs: Tensor, **asked: Any) -> Outputs:
        """Outputs of the backbone as it was pretrained, whatever is learned inside it.

        Args:
            inputs: images (B, 3, H, W).
            asked: of :meth:`walk`: other ``outputs`` than the backbone's own.

        Raises:
            UsageError: the method has trained weights of the backbone, and ``init_cfg`` can't restore the originals.
        """
        return self._undo(inputs, asked) if self.altered else self.walk(inputs, PLAIN, {}, **asked)

    @property
    def branch_widths(self) -> Mapping[int, int]:
        """{number of a block: C} of what blocks add to what they are given: all of them."""
        return dict(enumerate(self.block_widths))

    def query(self, inputs: Tensor) -> Tensor:
        """(B, C), by which prompts are chosen: the plain feature of each image, by one more pass without gradients.

        Of images that were identified (:func:`~vpt_mm.models.known.identify`) it is computed once.
        """
        return known_or(self.plain_feature, inputs)

    def plain_feature(self, inputs: Tensor) -> Tensor:
        """(B, C) of what the plain backbone gives last: a feature or class token as it is, a map by its mean."""
        return feature_of(self.plain(inputs), class_token='class token' in self.host.gives)

    @property
    def query_width(self) -> int:
        """C of :meth:`query`."""
        return int(self.block_widths[-1])

    @untraced
    def _undo(self, inputs: Tensor, asked: dict[str, Any]) -> Outputs:
        """The plain pass where weights have trained or layers are updated."""
        state, changed = self.state_dict(), sorted(self.trained)
        if self.tuning is not None and self.tuning.trains_backbone:  # statistics move as well
            changed = [key for key in state if state[key].is_floating_point() and not key.startswith(TUNING)]
        originals = self.read_originals(changed) if changed else {}
        with updates_off():
            return functional_call(_Plain(self), {f'backbone.{name}': tensor.to(state[name])
                                                  for name, tensor in originals.items()}, inputs, asked)

    def accelerate(self, config: Any) -> None:
        """Run passes by the accelerator of a config; None for none. Comes after all that changes the pass."""
        self.accelerator = build_accelerator(config, self)

    def store_frozen(self, name: str | None) -> None:
        """Store the frozen part in another floating-point type; ``name`` is None for the usual one."""
        if name is None:
            return
        if name not in ('bfloat16', 'float16'):
            raise UsageError(f"frozen_dtype must be 'bfloat16', 'float16' or None, got {name!r}.")
        if self.tuning is None or self.trained:
            raise UsageError(f'frozen_dtype={name!r} needs a backbone of which nothing trains but what a method adds, '
                             'such as DeepPrompt.')
        self.frozen_dtype = getattr(torch, name)
        for module in self.own_children.values():
            module.to(self.frozen_dtype)
        for parameter in self.parameters(recurse=False):
            parameter.data = parameter.data.to(self.frozen_dtype)

    def to_frozen(self, tensor: Tensor) -> Tensor:
        """The tensor in the type of the frozen part."""
        return tensor if self.frozen_dtype is None else tensor.to(self.frozen_dtype)

    def from_frozen(self, features: Tensor, image: Tensor) -> Tensor:
        """Features of the frozen part in the type of the image."""
        return features if self.frozen_dtype is None else features.to(image.dtype)

    def train(self, mode: bool = True) -> Tunable:
        """Set modes only: the tuning method follows ``mode``, everything frozen stays in eval mode."""
        super().train(mode)
        self.kept.clear()
        if self.tuning is not None and not self.tuning.trains_backbone:
            for child in self.own_children.values():
                child.eval()
        return self

    @property
    def own_children(self) -> dict[str, nn.Module]:
        """The backbone's own modules by name: all but the tuning method."""
        return {name: child for name, child in self.named_children() if name != 'tuning'}

    @property
    def frozen_keys(self) -> list[str]:
        """State-dict keys of all that stays as pretrained, in order."""
        if self.tuning is None or self.tuning.trains_backbone:
            return []
        return [key for key in self.state_dict() if key not in self.trained and not key.startswith(TUNING)]

    @property
    def frozen_weights(self) -> dict[str, Tensor]:
        """The frozen floating-point tensors by key: those that must come from a pretrained model."""
        state, computed = self.state_dict(), self.computed_keys
        return {key: state[key] for key in self.frozen_keys
                if torch.is_floating_point(state[key]) and key not in computed}


class _Plain(nn.Module):
    """The pass without a method, as a module whose weights can be replaced for one call."""

    def __init__(self, backbone: Any) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, inputs: Tensor, **asked: Any) -> Outputs:
        return self.backbone.walk(inputs, PLAIN, {}, **asked)


def kept_bytes(model: nn.Module) -> int:
    """Bytes of what the backbones in a model keep from pass to pass, beside their weights."""
    return sum(module.kept.nbytes for module in model.modules() if isinstance(module, Tunable))
