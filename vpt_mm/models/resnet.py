"""PromptedResNet: mmpretrain's ResNet with a tuning method."""
import torch
from mmengine.registry import MODELS
from mmpretrain.models import ResNet
from torch.utils.checkpoint import checkpoint

from ..layers.batch_norm import LeanBatchNorm
from .convnet import TunableConvNet


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
        frozen_dtype: 'bfloat16' or 'float16' stores and computes the frozen part so, but for batch norms;
            prompts, heads and outputs stay as they are.
        resnet: all other arguments of mmpretrain's ``ResNet``; ``depth`` is one of them.

    Raises:
        UsageError: a tuning config that is not one, a method for tokens, or an image that leaves no cell.
    """

    def __init__(self, *, tuning=None, realign=True, frozen_stages=-1, with_cp=False, frozen_dtype=None,
                 norm_cfg=dict(type='BN'), **resnet):  # noqa: B006  (never written to)
        if tuning is not None:
            frozen_stages = -1
            norm_cfg = {**norm_cfg, 'type': LeanBatchNorm} if norm_cfg['type'] in ('BN', 'BN2d') else norm_cfg
        super().__init__(frozen_stages=frozen_stages, with_cp=with_cp and tuning is None, norm_cfg=norm_cfg, **resnet)
        self.with_cp = with_cp
        self.realign = realign
        self.tune(tuning)
        self.store_frozen(frozen_dtype)

    lacking = 'a ConvNet, which has neither tokens nor FFNs'
    final_norms = ()  # each block ends in one of its own

    @property
    def read_layers(self):
        return self.res_layers[:max(self.out_indices) + 1]

    @property
    def unread(self):
        """Layers behind the last of ``out_indices``."""
        return [getattr(self, name) for name in self.res_layers[len(self.read_layers):]]

    @property
    def blocks(self):
        return [block for name in self.read_layers for block in getattr(self, name)]

    @property
    def block_widths(self):
        return tuple(block.out_channels for block in self.blocks)

    @property
    def gives_one_feature(self):
        return list(self.out_indices) == [len(self.res_layers) - 1]

    @property
    def first_conv(self):
        return self.stem[0].conv if self.deep_stem else self.conv1

    def forward(self, image):
        """(B, 3, H, W) to a tuple with one map (B, C, h, w) for each of ``out_indices``."""
        if self.tuning is None:
            return super().forward(image)
        painted = self.to_frozen(self.tuning.paint(image)).contiguous(memory_format=torch.channels_last)
        features, outputs, stride = self.maxpool(self.run_stem(painted)), [], 4
        for index, name in enumerate(self.read_layers):
            for block in getattr(self, name):
                features = self.run_block(block, features)
            stride *= self.strides[index]
            if index in self.out_indices:
                outputs.append(self.read(self.from_frozen(features, image), image, stride).contiguous())
        return tuple(self.tuning.blend(output, image) for output in outputs)

    def run_stem(self, image):
        """The layers before the pooling."""
        conv = self.first_conv
        features = self.tuning.project(conv(image), image, conv)
        if not self.deep_stem:
            return self.relu(self.norm1(features))
        first, *others = self.stem
        features = first.activate(first.norm(features))
        for layer in others:
            features = layer(features)
        return features

    def run_block(self, block, features):
        if self.with_cp and torch.is_grad_enabled():
            return checkpoint(block, features, use_reentrant=False)
        return block(features)

    def read(self, features, image, stride):
        """The output of a stage at ``stride`` pixels a cell."""
        if not self.realign:
            return features
        return self.unframe(features, image, stride=stride, cells=[-(-side // stride) for side in image.shape[2:]])
