"""PromptedResNet: mmpretrain's ResNet with a tuning method."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.registry import MODELS
from mmpretrain.models import ResNet
from torch import Tensor, nn

from ..layers.batch_norm import LeanBatchNorm
from ..tuning.composed import TuningList
from ..tuning.method import Memory, Outputs, TuningMethod
from .convnet import TunableConvNet
from .hosting import Pass
from .provenance import Branch
from .residual import host_branches


@MODELS.register_module()
class PromptedResNet(TunableConvNet, ResNet):
    """A frozen ResNet (He et al. 2016) and what is learned inside it.

    Batch norms are frozen like the rest: they keep their statistics, and normalise by them. Inside, maps lie
    channels-last; outputs lie as the plain backbone's do.

    Args:
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        realign: bring the maps of a framed image back to shape and alignment of the plain backbone's, which
            heads for dense prediction need. Without it, a classifier's neck pools all positions of a framed
            image, the frame included, as the paper does.
        frozen_stages: for the plain backbone only; otherwise the tuning method says what trains.
        with_cp: checkpoint every block: its activations are computed again in the backward pass.
        frozen_dtype: 'bfloat16' or 'float16' stores the frozen part but for batch norms in this type, and computes in
            it; prompts, heads and outputs stay as they are.
        accelerate: config of an accelerator, ``CudaGraphs`` or ``Compiled``; passes run as they are by default.
        resnet: all other arguments of mmpretrain's ``ResNet``; ``depth`` is one of them.

    Raises:
        UsageError: a tuning config that is not one, a method for tokens, or an image that leaves no cell.
    """

    def __init__(self, *, tuning: Any = None, realign: bool = True, frozen_stages: int = -1, with_cp: bool = False,
                 frozen_dtype: str | None = None, accelerate: Any = None,
                 norm_cfg: dict[str, Any] = dict(type='BN'),  # noqa: B006  (never written to)
                 **resnet: Any) -> None:
        if tuning is not None:
            frozen_stages = -1
            norm_cfg = {**norm_cfg, 'type': LeanBatchNorm} if norm_cfg['type'] in ('BN', 'BN2d') else norm_cfg
        super().__init__(frozen_stages=frozen_stages, with_cp=with_cp, norm_cfg=norm_cfg, **resnet)
        self.realign = realign
        self.tune(tuning)
        if tuning is not None:
            host_branches(self.blocks, {number: Branch('drop_path') for number in range(len(self.blocks))})
        self.store_frozen(frozen_dtype)
        self.accelerate(accelerate)

    final_norms: Sequence[nn.Module] = ()  # each block ends in one of its own

    @property
    def read_layers(self) -> list[str]:
        return self.res_layers[:max(self.out_indices) + 1]

    @property
    def unread(self) -> list[Any]:
        """Layers behind the last of ``out_indices``."""
        return [getattr(self, name) for name in self.res_layers[len(self.read_layers):]]

    @property
    def blocks(self) -> list[Any]:
        return [block for name in self.read_layers for block in getattr(self, name)]

    @property
    def block_widths(self) -> tuple[int, ...]:
        return tuple(block.out_channels for block in self.blocks)

    @property
    def gives_one_feature(self) -> bool:
        return list(self.out_indices) == [len(self.res_layers) - 1]

    @property
    def first_conv(self) -> nn.Conv2d:
        return self.stem[0].conv if self.deep_stem else self.conv1

    def walk(self, image: Tensor, tuning: TuningMethod | TuningList, memory: Memory) -> Outputs:
        """(B, 3, H, W) to a tuple with one map (B, C, h, w) for each of ``out_indices``."""
        painted = self.to_frozen(tuning.enter(image, memory)).contiguous(memory_format=torch.channels_last)
        features, outputs, stride = self.maxpool(self.run_stem(painted)), [], 4
        with Pass(tuning, memory, batch=len(image), kept=self.kept).running():
            for index, name in enumerate(self.read_layers):
                features = getattr(self, name)(features)
                stride *= self.strides[index]
                if index in self.out_indices:
                    outputs.append(self.read(self.from_frozen(features, image), image, tuning, stride).contiguous())
        return tuple(outputs)

    def run_stem(self, image: Tensor) -> Tensor:
        """The layers before the pooling."""
        return self.stem(image) if self.deep_stem else self.relu(self.norm1(self.conv1(image)))

    def read(self, features: Tensor, image: Tensor, tuning: TuningMethod | TuningList, stride: int) -> Tensor:
        """The output of a stage at ``stride`` pixels a cell."""
        if not self.realign:
            return features
        cells = [-(-side // stride) for side in image.shape[2:]]
        return self.unframe(features, image, tuning, stride=stride, cells=cells)
