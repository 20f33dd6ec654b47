"""ConvNeXt (Liu et al. 2022) and ConvNeXt V2 (Woo et al. 2023): timm's names and those of the first releases."""
from mmpretrain.models import ConvNeXt as MMConvNeXt

from .family import Family, has, require_plain

BLOCK = r'stages\.(\d+)\.blocks\.(\d+)\.'
ORIGINAL_BLOCK = r'stages\.(\d+)\.(\d+)\.'
STAGE = r'stages.\1.\2.'


class ConvNeXt(Family):
    """timm's ConvNeXt, of either version."""

    name = 'ConvNeXt'
    backbone = MMConvNeXt
    names = ('stages.0.blocks.0.conv_dw.weight',)
    renames = (
        (r'stem\.([01])\.(weight|bias)', r'downsample_layers.0.\1.\2'),
        (r'stages\.(\d+)\.downsample\.([01])\.(weight|bias)', r'downsample_layers.\1.\2.\3'),
        (BLOCK + r'conv_dw\.(weight|bias)', STAGE + r'depthwise_conv.\3'),
        (BLOCK + r'norm\.(weight|bias)', STAGE + r'norm.\3'),
        (BLOCK + r'mlp\.fc([12])\.(weight|bias)', STAGE + r'pointwise_conv\3.\4'),
        (BLOCK + r'mlp\.grn\.weight', STAGE + r'grn.gamma'),
        (BLOCK + r'mlp\.grn\.bias', STAGE + r'grn.beta'),
        (BLOCK + r'gamma', STAGE + r'gamma'),
        (r'head\.norm\.(weight|bias)', r'final.\1'),
    )
    heads = r'(head|mask_token|decoder|proj|pred)(\..*)?'
    settings = dict(eps="norm_cfg=dict(type='LN2d', eps={})", activation="act_cfg=dict(type='{}')",
                    use_grn='use_grn={}', layer_scale='layer_scale_init_value (1e-6 for True, 0 for False)',
                    stem_patch_size='stem_patch_size={}', linear_pw_conv='linear_pw_conv={}')

    def convert(self, state, facts):
        last = max(int(key.split('.')[1]) for key in state if key.startswith('stages.'))
        converted = {}
        for key, tensor in super().convert(state, facts).items():
            if '.grn.' in key:
                tensor = tensor.reshape(-1)
            elif '.pointwise_conv' in key and tensor.dim() == 4:
                tensor = tensor[:, :, 0, 0]
            converted[key.replace('final.', f'norm{last}.')] = tensor
        return converted

    def read_timm(self, model):
        block = model.stages[0].blocks[0]
        require_plain([(model, ['ConvNeXt']), (block.norm, ['LayerNorm', 'LayerNorm2d']),
                       (model.norm_pre, ['Identity'])])
        return dict(eps=block.norm.eps, activation=type(block.mlp.act).__name__)

    def structure(self, state):
        facts = dict(use_grn=has(state, r'.*\.grn\.gamma'), layer_scale=has(state, r'stages\.\d+\.\d+\.gamma'))
        for fact, key, read in (('stem_patch_size', 'downsample_layers.0.0.weight', lambda one: one.shape[-1]),
                                ('linear_pw_conv', 'stages.0.0.pointwise_conv1.weight', lambda one: one.dim() == 2)):
            if key in state:
                facts[fact] = read(state[key])
        return facts

    def describe(self, backbone):
        block = backbone.stages[0][0]
        return dict(self.structure(backbone.state_dict()), eps=block.norm.eps, activation=type(block.act).__name__)


class OriginalConvNeXt(ConvNeXt):
    """The first releases of both versions."""

    names = ('stages.0.0.dwconv.weight',)
    renames = (
        (r'(downsample_layers\.\d+\.[01]\.(?:weight|bias))', r'\1'),
        (ORIGINAL_BLOCK + r'dwconv\.(weight|bias)', STAGE + r'depthwise_conv.\3'),
        (ORIGINAL_BLOCK + r'pwconv([12])\.(weight|bias)', STAGE + r'pointwise_conv\3.\4'),
        (ORIGINAL_BLOCK + r'(norm\.(?:weight|bias)|gamma|grn\.(?:gamma|beta))', STAGE + r'\3'),
        (r'norm\.(weight|bias)', r'final.\1'),
    )
