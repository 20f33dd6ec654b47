"""counterpart(): the Prompted backbone that computes what a backbone config of OpenMMLab's computes."""
from mmengine.registry import MODELS

from ..errors import UsageError

PLAIN = 'mmpretrain.models.backbones.'
NAMES = {'VisionTransformer': 'PromptedViT', 'SwinTransformer': 'PromptedSwin', 'ConvNeXt': 'PromptedConvNeXt',
         'ResNet': 'PromptedResNet', 'ResNetV1c': 'PromptedResNet', 'ResNetV1d': 'PromptedResNet'}
STEMS = {'ResNetV1c': dict(deep_stem=True), 'ResNetV1d': dict(deep_stem=True, avg_down=True)}


def counterpart(backbone, *, scope):
    """The config of the Prompted backbone in place of ``backbone``: same architecture, same weights, no tuning yet.

    mmpretrain's backbones keep their arguments; those of mmseg and mmdet are translated.

    Args:
        backbone: config of a backbone.
        scope: default scope of the whole config, such as 'mmseg'.

    Raises:
        UsageError: a backbone without a counterpart, or an argument that the counterpart has no place for.
    """
    kind = _class_of(backbone, scope)
    name = kind.__name__
    if name.startswith('Prompted'):
        raise UsageError(f'the backbone is a {name} already: set its tuning.')
    home = kind.__module__
    if name not in NAMES or not home.startswith((PLAIN, 'mmseg.', 'mmdet.')):
        raise UsageError(f'the backbone {home}.{name} cannot be prompted: {", ".join(NAMES)} of mmpretrain, mmseg or '
                         'mmdet can.')
    given = {key: value for key, value in backbone.items() if key not in ('type', '_scope_', 'frozen_stages')}
    translate = _keep if home.startswith(PLAIN) else TRANSLATORS[NAMES[name]]
    return dict(type=NAMES[name], **STEMS.get(name, {}), **translate(given))


def _class_of(backbone, scope):
    with MODELS.switch_scope_and_registry(scope) as models:
        kind = models.get(backbone['type']) if isinstance(backbone['type'], str) else backbone['type']
    if kind is None:
        raise UsageError(f"there is no backbone {backbone['type']} in the scope {scope}: check the config with "
                         "OpenMMLab's own tools first.")
    return kind


def _keep(given):
    return _frozen_norms(given)


def _vit(given):
    """mmseg's ``VisionTransformer``."""
    _refuse(given, 'of mmseg', out_origin=(False,), patch_norm=(False,), with_cls_token=(True,),
            patch_pad=('corner',), frozen_exclude=(['all'],))
    width, norm = given.pop('embed_dims', 768), given.pop('norm_cfg', None) or dict(type='LN')
    norm = {'eps': 1e-5, **{key: value for key, value in norm.items() if key != 'requires_grad'}}
    arch = dict(embed_dims=width, num_layers=given.pop('num_layers', 12), num_heads=given.pop('num_heads', 12),
                feedforward_channels=int(given.pop('mlp_ratio', 4) * width))
    layers = dict(norm_cfg=norm, act_cfg=given.pop('act_cfg', None) or dict(type='GELU'))
    if given.get('attn_drop_rate'):
        layers['attn_drop_rate'] = given['attn_drop_rate']
    if given.get('num_fcs', 2) != 2:
        layers['num_fcs'] = given['num_fcs']
    made = dict(
        arch=arch, norm_cfg=norm, layer_cfgs=layers, patch_cfg=dict(bias=given.pop('patch_bias', False)),
        out_type='featmap_cls' if given.pop('output_cls_token', False) else 'featmap',
        final_norm=given.pop('final_norm', False), interpolate_mode=given.pop('interpolate_mode', 'bicubic'))
    return {**made, **_rest(given, {'img_size', 'patch_size', 'in_channels', 'out_indices', 'qkv_bias', 'drop_rate',
                                    'drop_path_rate', 'pre_norm', 'with_cp', 'init_cfg'},
                            dropped={'attn_drop_rate', 'num_fcs', 'norm_eval', 'pretrained'})}


def _swin(given):
    """mmseg's and mmdet's ``SwinTransformer``."""
    _refuse(given, 'of mmseg and mmdet', mlp_ratio=(4, 4.), qkv_bias=(True,), qk_scale=(None,), patch_norm=(True,),
            attn_drop_rate=(0, 0.), act_cfg=(dict(type='GELU'),))
    patch = given.get('patch_size', 4)
    _refuse(given, 'of mmseg and mmdet', strides=([patch, 2, 2, 2], (patch, 2, 2, 2)))
    arch = dict(embed_dims=given.pop('embed_dims', 96), depths=list(given.pop('depths', (2, 2, 6, 2))),
                num_heads=list(given.pop('num_heads', (3, 6, 12, 24))))
    made = dict(arch=arch, img_size=given.pop('pretrain_img_size', 224), pad_small_map=True,
                out_indices=given.pop('out_indices', (0, 1, 2, 3)), drop_path_rate=given.pop('drop_path_rate', 0.1))
    norm = given.pop('norm_cfg', None)
    if norm and {**norm, 'requires_grad': True} != dict(type='LN', requires_grad=True):
        raise UsageError(f"mmpretrain's Swin is built here with norm_cfg=dict(type='LN'), got {dict(norm)}.")
    return {**made, **_rest(given, {'in_channels', 'patch_size', 'window_size', 'drop_rate', 'use_abs_pos_embed',
                                    'with_cp', 'init_cfg'}, dropped={'convert_weights', 'pretrained'})}


def _resnet(given):
    """mmseg's and mmdet's ``ResNet``, and those with deep stems."""
    _refuse(given, 'of mmseg and mmdet', dcn=(None,), plugins=(None,), multi_grid=(None,))
    if given.get('contract_dilation') and set(given.get('dilations', (1,))) != {1}:
        raise UsageError(f"mmpretrain's ResNet does not contract dilations: contract_dilation=True with dilations="
                         f"{tuple(given['dilations'])} has no counterpart. Take a base without dilation, such as that "
                         'of UPerNet.')
    return _frozen_norms(_rest(given, {
        'depth', 'in_channels', 'stem_channels', 'base_channels', 'num_stages', 'strides', 'dilations', 'out_indices',
        'style', 'conv_cfg', 'norm_cfg', 'norm_eval', 'with_cp', 'zero_init_residual', 'init_cfg', 'deep_stem',
        'avg_down'}, dropped={'contract_dilation', 'stage_with_dcn', 'stage_with_plugins', 'pretrained'}))


TRANSLATORS = dict(PromptedViT=_vit, PromptedSwin=_swin, PromptedResNet=_resnet)


def _frozen_norms(given):
    """Frozen batch norms exchange no statistics between processes."""
    if (given.get('norm_cfg') or {}).get('type') in ('SyncBN', 'MMSyncBN'):
        given = dict(given, norm_cfg=dict(given['norm_cfg'], type='BN'))
    return given


def _refuse(given, whose, **allowed):
    """Take arguments out of ``given`` that are only understood at these values."""
    for key, values in allowed.items():
        if key in given and given[key] not in values:
            raise UsageError(f"{key}={given[key]!r} of the backbone {whose} has no counterpart in mmpretrain's: only "
                             f'{values[0]!r} has.')
        given.pop(key, None)


def _rest(given, known, *, dropped):
    unknown = set(given) - known - dropped
    if unknown:
        raise UsageError(f"arguments of the backbone without a counterpart in mmpretrain's: "
                         f"{', '.join(sorted(unknown))}.")
    return {key: value for key, value in given.items() if key in known}
