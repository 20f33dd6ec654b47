"""A backbone with a tuning method: MLP-Mixer (Tolstikhin et al. 2021) from mmpretrain."""
from mmengine.registry import MODELS
from mmpretrain.models import MlpMixer

from vpt_mm.layers.embedding import embed_image
from vpt_mm.models import Tunable


@MODELS.register_module()
class PromptedMlpMixer(Tunable, MlpMixer):
    """A frozen MLP-Mixer and what is learned inside it."""

    seams = ('paint', 'project', 'adapt', 'blend')
    lacking = 'which mixes a fixed number of tokens, so that none can stand beside them'
    gives_one_feature = True  # its classifiers pool all tokens

    def __init__(self, *, tuning=None, **mixer):
        super().__init__(**mixer)
        self.blocks = list(self.layers)
        self.block_widths = (self.embed_dims,) * self.num_layers
        self.final_norms = [self.norm1]
        self.tune(tuning)  # builds the method and freezes the rest

    def forward(self, image):
        if self.tuning is None:
            return super().forward(image)
        tokens, _ = embed_image(self.patch_embed, self.tuning.paint(image), self.tuning)  # (B, N, C)
        for index, block in enumerate(self.layers):
            tokens = tokens + block.token_mix(block.norm1(tokens).transpose(1, 2)).transpose(1, 2)
            branch = block.channel_mix(block.norm2(tokens), identity=0.)
            tokens = tokens + self.tuning.adapt(branch, index)
        return (self.tuning.blend(self.norm1(tokens).transpose(1, 2), image),)  # (B, C, N)
