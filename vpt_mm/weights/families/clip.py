"""CLIP's image tower as OpenAI and open_clip save it, beside the text tower of the same file."""
from .vit import ViT

BLOCK = r'transformer\.resblocks\.(\d+)\.'
BLOCKS = (
    (BLOCK + r'ln_([12])\.(weight|bias)', r'layers.\1.ln\2.\3'),
    (BLOCK + r'attn\.in_proj_(weight|bias)', r'layers.\1.attn.qkv.\2'),
    (BLOCK + r'attn\.out_proj\.(weight|bias)', r'layers.\1.attn.proj.\2'),
    (BLOCK + r'mlp\.c_fc\.(weight|bias)', r'layers.\1.ffn.layers.0.0.\2'),
    (BLOCK + r'mlp\.c_proj\.(weight|bias)', r'layers.\1.ffn.layers.1.\2'),
)  # of both towers
OPENAI = {'input_resolution', 'context_length', 'vocab_size'}  # numbers that its own files alone hold
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class CLIPImageTower(ViT):
    """The image tower of Radford et al. 2021, without the projection that leads it to the texts."""

    names = ('class_embedding', 'conv1.weight', 'transformer.resblocks.0.ln_1.weight')
    renames = (
        (r'class_embedding', 'cls_token'), (r'positional_embedding', 'pos_embed'),
        (r'conv1\.weight', 'patch_embed.projection.weight'),
        (r'ln_pre\.(weight|bias)', r'pre_norm.\1'), (r'ln_post\.(weight|bias)', r'ln1.\1'), *BLOCKS)
    heads = 'proj'

    def read_file(self, names, state):
        """OpenAI's own models are known by what else their files hold: QuickGELU, heads of 64 channels."""
        if not names.issuperset(OPENAI):
            return {}
        return dict(activation='QuickGELU', num_heads=len(state['class_embedding']) // 64, mean=MEAN, std=STD)

    def convert(self, state, facts):
        facts.setdefault('eps', 1e-5)
        wide = {'class_embedding': (1, 1, -1), 'positional_embedding': (1, *state['positional_embedding'].shape)}
        return super().convert({key: tensor.reshape(wide[key]) if key in wide else tensor
                                for key, tensor in state.items()}, facts)
