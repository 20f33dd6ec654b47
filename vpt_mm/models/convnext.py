"""PromptedConvNeXt: mmpretrain's ConvNeXt with a tuning method."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.registry import MODELS
from mmpretrain.models import ConvNeXt
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..tuning.composed import TuningList
from ..tuning.method import Memory, Outputs, Place, TuningMethod
from .convnet import TunableConvNet


@MODELS.register_module()
class PromptedConvNeXt(TunableConvNet, ConvNeXt):
    """A frozen ConvNeXt (Liu et al. 2022) and what is learned inside it.

    Classifiers (``gap_before_final_norm=True``, the default) pool all positions of a framed image, the frame
    included, as the paper does; feature maps get back the shape and alignment of the plain backbone's after their norm.
    Inside, maps lie channels-last, which layer norms and pointwise layers want in any case. Adapters see
    the branch of a block, (B, H, W, C), after its layer scale.

    Args:
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        out_indices: stages whose outputs are returned, one or several; negative ones count from the last.
        frozen_stages: for the plain backbone only; otherwise the tuning method says what trains.
        frozen_dtype: 'bfloat16' or 'float16' stores the frozen part in this type and computes in it; prompts, heads
            and outputs stay as they are.
        accelerate: config of an accelerator, ``CudaGraphs`` or ``Compiled``; passes run as they are by default.
        convnext: all other arguments of mmpretrain's ``ConvNeXt``.

    Raises:
        UsageError: a tuning config that is not one, a method for tokens, or an image that leaves no cell.
    """

    gives = frozenset({'grid of patches'})

    def __init__(self, *, tuning: Any = None, out_indices: int | Sequence[int] = -1, frozen_stages: int = 0,
                 frozen_dtype: str | None = None, accelerate: Any = None, **convnext: Any) -> None:
        if not isinstance(out_indices, int):
            out_indices = list(out_indices)  # mmpretrain resolves negative ones in place
        frozen_stages = frozen_stages if tuning is None else 0
        super().__init__(out_indices=out_indices, frozen_stages=frozen_stages, **convnext)
        self.tune(tuning)
        self.store_frozen(frozen_dtype)
        self.accelerate(accelerate)

    @property
    def read_stages(self) -> list[Any]:
        return list(self.stages)[:max(self.out_indices) + 1]

    @property
    def unread(self) -> list[Any]:
        """Stages behind the last of ``out_indices``, and the layers that lead to them."""
        behind = max(self.out_indices) + 1
        return [*self.downsample_layers[behind:], *self.stages[behind:]]

    @property
    def blocks(self) -> list[Any]:
        return [block for stage in self.read_stages for block in stage]

    @property
    def final_norms(self) -> list[Any]:
        return [getattr(self, f'norm{max(self.out_indices)}')]

    @property
    def gives_one_feature(self) -> bool:
        return self.gap_before_final_norm and list(self.out_indices) == [len(self.stages) - 1]

    @property
    def block_widths(self) -> tuple[int, ...]:
        return tuple(width for width, stage in zip(self.channels, self.read_stages) for _ in stage)

    @property
    def block_grids(self) -> list[tuple[int, int]]:
        strides = [self.first_conv.stride[0] * 2 ** index for index in range(len(self.read_stages))]
        return [(self.image_size[0] // stride, self.image_size[1] // stride)
                for stride, stage in zip(strides, self.read_stages) for _ in stage]

    @property
    def first_conv(self) -> nn.Conv2d:
        return self.downsample_layers[0][0]

    def walk(self, image: Tensor, tuning: TuningMethod | TuningList, memory: Memory) -> Outputs:
        """(B, 3, H, W) to a tuple with one output for each of ``out_indices``: (B, C) or (B, C, h, w)."""
        features, outputs, block = self.to_frozen(tuning.enter(image, memory)), [], 0
        for index, stage in enumerate(self.read_stages):
            features = self.run_downsample(index, features)
            grid = features.shape[2], features.shape[3]
            for module in stage:
                features = self.run_block(module, features, tuning, Place(block, len(image), 0, 0, grid), memory)
                block += 1
            if index in self.out_indices:
                outputs.append(self.read(index, features, image, tuning))
        return tuple(outputs)

    def run_downsample(self, index: int, features: Tensor) -> Tensor:
        """The stem, or the layer between two stages."""
        if index == 0:
            conv, norm = self.downsample_layers[0]
            return _normalise(norm, conv(features))
        norm, conv = self.downsample_layers[index]
        return conv(_normalise(norm, features))

    def run_block(self, block: Any, features: Tensor, tuning: TuningMethod | TuningList, place: Place,
                  memory: Memory) -> Tensor:
        """One block on (B, C, H, W)."""
        def branch(features: Tensor) -> Tensor:
            inner = block.norm(block.depthwise_conv(features).permute(0, 2, 3, 1), data_format='channel_last')
            inner = block.act(_pointwise(block.pointwise_conv1, inner))
            if block.grn is not None:
                inner = block.grn(inner, data_format='channel_last')
            inner = _pointwise(block.pointwise_conv2, inner)
            if block.gamma is not None:
                inner = inner * block.gamma
            inner = tuning.after_ffn(block.drop_path(inner), features.permute(0, 2, 3, 1), place, memory)
            return inner.permute(0, 3, 1, 2)

        if block.with_cp and torch.is_grad_enabled():
            return features + checkpoint(branch, features, use_reentrant=False)
        return features + branch(features)

    def read(self, index: int, features: Tensor, image: Tensor, tuning: TuningMethod | TuningList) -> Tensor:
        """The output of a stage: pooled and normalised, or a normalised map."""
        norm = getattr(self, f'norm{index}')
        if self.gap_before_final_norm:
            return self.from_frozen(norm(features.mean([-2, -1], keepdim=True)).flatten(1), image)
        stride = self.first_conv.stride[0] * 2 ** index
        cells = [side // stride for side in image.shape[2:]]
        return self.unframe(self.from_frozen(norm(features), image), image, tuning, stride=stride, cells=cells)


def _normalise(norm: nn.Module, features: Tensor) -> Tensor:
    """(B, C, H, W), normalised over C, without a copy where channels lie last."""
    return norm(features.permute(0, 2, 3, 1), data_format='channel_last').permute(0, 3, 1, 2)


def _pointwise(layer: nn.Module, inner: Tensor) -> Tensor:
    """A linear layer or 1x1 convolution on (B, H, W, C)."""
    if isinstance(layer, nn.Conv2d):
        return layer(inner.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    return layer(inner)
