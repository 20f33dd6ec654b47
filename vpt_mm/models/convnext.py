"""PromptedConvNeXt: mmpretrain's ConvNeXt with a tuning method."""
import torch
from mmengine.registry import MODELS
from mmpretrain.models import ConvNeXt
from torch import nn
from torch.utils.checkpoint import checkpoint

from .convnet import TunableConvNet


@MODELS.register_module()
class PromptedConvNeXt(TunableConvNet, ConvNeXt):
    """A frozen ConvNeXt (Liu et al. 2022) and what is learned inside it.

    Classifiers (``gap_before_final_norm=True``, the default) pool all positions of a framed image, the frame
    included, as the paper does; feature maps are brought back to the plain backbone's after their norm.
    Inside, maps lie channels-last, which layer norms and pointwise layers want in any case. Adapters see
    the branch of a block, (B, H, W, C), after its layer scale.

    Args:
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        out_indices: stages whose outputs are returned, one or several; negative ones count from the last.
        frozen_stages: for the plain backbone only; otherwise the tuning method says what trains.
        frozen_dtype: 'bfloat16' or 'float16' stores and computes the frozen part so; prompts, heads and
            outputs stay as they are.
        convnext: all other arguments of mmpretrain's ``ConvNeXt``.

    Raises:
        UsageError: a tuning config that is not one, a method for tokens, or an image that leaves no cell.
    """

    seams = ('paint', 'project', 'adapt', 'blend')

    def __init__(self, *, tuning=None, out_indices=-1, frozen_stages=0, frozen_dtype=None, **convnext):
        if not isinstance(out_indices, int):
            out_indices = list(out_indices)  # mmpretrain resolves negative ones in place
        frozen_stages = frozen_stages if tuning is None else 0
        super().__init__(out_indices=out_indices, frozen_stages=frozen_stages, **convnext)
        self.tune(tuning)
        self.store_frozen(frozen_dtype)

    @property
    def read_stages(self):
        return list(self.stages)[:max(self.out_indices) + 1]

    @property
    def unread(self):
        """Stages behind the last of ``out_indices``, and the layers that lead to them."""
        behind = max(self.out_indices) + 1
        return [*self.downsample_layers[behind:], *self.stages[behind:]]

    @property
    def blocks(self):
        return [block for stage in self.read_stages for block in stage]

    @property
    def final_norms(self):
        return [getattr(self, f'norm{max(self.out_indices)}')]

    @property
    def gives_one_feature(self):
        return self.gap_before_final_norm and list(self.out_indices) == [len(self.stages) - 1]

    @property
    def block_widths(self):
        return tuple(width for width, stage in zip(self.channels, self.read_stages) for _ in stage)

    @property
    def first_conv(self):
        return self.downsample_layers[0][0]

    def forward(self, image):
        """(B, 3, H, W) to a tuple with one output for each of ``out_indices``: (B, C) or (B, C, h, w)."""
        if self.tuning is None:
            return super().forward(image)
        features, outputs, first = self.to_frozen(self.tuning.paint(image)), [], 0
        for index, stage in enumerate(self.read_stages):
            features = self.run_downsample(index, features)
            for number, block in enumerate(stage, first):
                features = self.run_block(number, block, features)
            first += len(stage)
            if index in self.out_indices:
                outputs.append(self.read(index, features, image))
        return tuple(self.tuning.blend(output, image) for output in outputs)

    def run_downsample(self, index, features):
        """The stem, or the layer between two stages."""
        if index == 0:
            conv, norm = self.downsample_layers[0]
            return _normalise(norm, self.tuning.project(conv(features), features, conv))
        norm, conv = self.downsample_layers[index]
        return conv(_normalise(norm, features))

    def run_block(self, index, block, features):
        """One block on (B, C, H, W)."""
        def branch(features):
            inner = block.norm(block.depthwise_conv(features).permute(0, 2, 3, 1), data_format='channel_last')
            inner = block.act(_pointwise(block.pointwise_conv1, inner))
            if block.grn is not None:
                inner = block.grn(inner, data_format='channel_last')
            inner = _pointwise(block.pointwise_conv2, inner)
            if block.gamma is not None:
                inner = inner * block.gamma
            return self.tuning.adapt(block.drop_path(inner), index).permute(0, 3, 1, 2)

        if block.with_cp and torch.is_grad_enabled():
            return features + checkpoint(branch, features, use_reentrant=False)
        return features + branch(features)

    def read(self, index, features, image):
        """The output of a stage: pooled and normalised, or a normalised map."""
        norm = getattr(self, f'norm{index}')
        if self.gap_before_final_norm:
            return self.from_frozen(norm(features.mean([-2, -1], keepdim=True)).flatten(1), image)
        stride = self.first_conv.stride[0] * 2 ** index
        cells = [side // stride for side in image.shape[2:]]
        return self.unframe(self.from_frozen(norm(features), image), image, stride=stride, cells=cells)


def _normalise(norm, features):
    """(B, C, H, W), normalised over C, without a copy where channels lie last."""
    return norm(features.permute(0, 2, 3, 1), data_format='channel_last').permute(0, 3, 1, 2)


def _pointwise(layer, inner):
    """A linear layer or 1x1 convolution on (B, H, W, C)."""
    if isinstance(layer, nn.Conv2d):
        return layer(inner.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    return layer(inner)
