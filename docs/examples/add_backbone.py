"""A backbone with a tuning method: MLP-Mixer (Tolstikhin et al. 2021) from mmpretrain."""
from mmengine.registry import MODELS
from mmpretrain.models import MlpMixer

from vpt_mm.models import SeesImages, Tunable
from vpt_mm.tuning import Place


@MODELS.register_module()
class PromptedMlpMixer(SeesImages, Tunable, MlpMixer):
    """A frozen MLP-Mixer and what is learned inside it."""

    seams = ('enter', 'after_ffn', 'finish')
    lacking = 'which mixes a fixed number of tokens, so that none can stand beside them'
    gives_one_feature = True  # its classifiers pool all tokens

    def __init__(self, *, tuning=None, **mixer):
        super().__init__(**mixer)
        self.blocks = list(self.layers)
        self.block_widths = (self.embed_dims,) * self.num_layers
        self.final_norms = [self.norm1]
        self.tune(tuning)  # builds the method and freezes the rest

    def walk(self, image, tuning, memory):
        tokens, grid = self.patch_embed(tuning.enter(image, memory))  # (B, N, C)
        for index, block in enumerate(self.layers):
            place = Place(index, len(image), extra=0, count=tokens.shape[1], grid=grid)
            tokens = tokens + block.token_mix(block.norm1(tokens).transpose(1, 2)).transpose(1, 2)
            branch = block.channel_mix(block.norm2(tokens), identity=0.)
            tokens = tokens + tuning.after_ffn(branch, tokens, place, memory)
        return (self.norm1(tokens).transpose(1, 2),)  # (B, C, N)
