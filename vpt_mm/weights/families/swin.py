"""Swin Transformers (Liu et al. 2021): timm's names and those of the first release."""
from mmpretrain.models import SwinTransformer

from ...errors import UsageError
from .bias_tables import fit_bias_tables
from .family import Family, require_plain

BLOCK = r'layers\.(\d+)\.blocks\.(\d+)\.'
STAGE = r'stages.\1.blocks.\2.'


class Swin(Family):
    """Swin; timm counts a stage's patch merging to the stage after it."""

    name = 'SwinTransformer'
    backbone = SwinTransformer
    names = ('patch_embed.proj.weight', 'layers.0.blocks.0.norm1.weight')
    renames = (
        (r'absolute_pos_embed', r'absolute_pos_embed'),
        (r'patch_embed\.proj\.(weight|bias)', r'patch_embed.projection.\1'),
        (r'patch_embed\.norm\.(weight|bias)', r'patch_embed.norm.\1'),
        (BLOCK + r'norm([12])\.(weight|bias)', STAGE + r'norm\3.\4'),
        (BLOCK + r'attn\.(relative_position_bias_table|(?:qkv|proj)\.(?:weight|bias))', STAGE + r'attn.w_msa.\3'),
        (BLOCK + r'mlp\.fc1\.(weight|bias)', STAGE + r'ffn.layers.0.0.\3'),
        (BLOCK + r'mlp\.fc2\.(weight|bias)', STAGE + r'ffn.layers.1.\3'),
        (r'layers\.(\d+)\.downsample\.(norm\.(?:weight|bias)|reduction\.weight)', r'stages.\1.downsample.\2'),
    )
    heads = r'(head|fc|decoder|mask_token|.*\.(relative_position_index|attn_mask))(\..*)?'
    settings = dict(eps="stage_cfgs=dict(block_cfgs=dict(norm_cfg=dict(type='LN', eps={})))",
                    activation="stage_cfgs=dict(block_cfgs=dict(ffn_cfgs=dict(act_cfg=dict(type='{}'))))",
                    num_heads='num_heads={} in arch', depths='depths={} in arch', patch_size='patch_size={}')

    def refuse(self, state):
        if any(key.endswith('attn.logit_scale') for key in state):
            raise UsageError('these are weights of Swin V2, which computes otherwise than Swin (scaled cosine '
                             'attention, norms after the branches): take a Swin of the first version, such as '
                             'timm://swin_base_patch4_window7_224.ms_in22k.')

    def convert(self, state, facts):
        shift = 0 if 'layers.0.downsample.reduction.weight' in state else 1
        last = max(int(key.split('.')[1]) for key in state if key.startswith('layers.'))
        converted = {}
        for key, tensor in super().convert(_without_final_norm(state), facts).items():
            parts = key.split('.')
            if parts[0] == 'stages' and parts[2] == 'downsample':
                parts[1] = str(int(parts[1]) - shift)
                tensor = _merged_channels(tensor)
            converted['.'.join(parts)] = tensor
        for part in ('weight', 'bias'):
            if f'norm.{part}' in state:
                converted[f'norm{last}.{part}'] = state[f'norm.{part}']
        return converted

    def read_timm(self, model):
        block = model.layers[0].blocks[0]
        require_plain([(model, ['SwinTransformer']), (block.norm1, ['LayerNorm'])])
        return dict(eps=block.norm1.eps, activation=type(block.mlp.act).__name__,
                    num_heads=[stage.blocks[0].attn.num_heads for stage in model.layers])

    def structure(self, state):
        heads = {}  # of every block, by stage
        tables = [(key, table) for key, table in state.items() if key.endswith('relative_position_bias_table')]
        for key, table in tables:
            heads.setdefault(int(key.split('.')[1]), []).append(table.shape[-1])
        facts = dict(depths=[len(heads[stage]) for stage in sorted(heads)],
                     num_heads=[heads[stage][0] for stage in sorted(heads)])
        if 'patch_embed.projection.weight' in state:
            facts['patch_size'] = state['patch_embed.projection.weight'].shape[-1]
        return facts

    def describe(self, backbone):
        block = backbone.stages[0].blocks[0]
        return dict(self.structure(backbone.state_dict()), eps=block.norm1.eps,
                    activation=type(block.ffn.layers[0][1]).__name__)

    def fit(self, backbone, state, facts):
        """Resize the relative-position tables to the backbone's windows."""
        fit_bias_tables(backbone, state, '')


def _without_final_norm(state):
    return {key: tensor for key, tensor in state.items() if not key.startswith('norm.')}


def _merged_channels(tensor):
    """Reorder the inputs of patch merging, (..., 4 * C).

    Four neighbours stand here by column, row, channel; in mmpretrain by channel, row, column.
    """
    parts = tensor.reshape(*tensor.shape[:-1], 4, -1)[..., [0, 2, 1, 3], :]
    return parts.transpose(-1, -2).reshape(tensor.shape)
