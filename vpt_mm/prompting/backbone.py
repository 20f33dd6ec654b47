"""counterpart(): the prompted backbone that computes what a backbone config of OpenMMLab's computes."""
from torch import nn

from ..errors import UsageError
from .places import class_of

PLAIN = 'mmpretrain.models.backbones.'
NAMES = {'VisionTransformer': 'PromptedViT', 'SwinTransformer': 'PromptedSwin', 'ConvNeXt': 'PromptedConvNeXt',
         'ResNet': 'PromptedResNet', 'ResNetV1c': 'PromptedResNet', 'ResNetV1d': 'PromptedResNet'}
STEMS = {'ResNetV1c': dict(deep_stem=True), 'ResNetV1d': dict(deep_stem=True, avg_down=True)}
NOT_THEIRS = ('type', '_scope_', 'frozen_stages', 'pretrained', 'checkpoint_path')


def counterpart(backbone, *, scope):
    """The config of the prompted backbone in place of ``backbone``: same architecture, same weights, no tuning yet.

    mmpretrain's ViT, Swin, ConvNeXt and ResNet keep their arguments, and those of mmseg and mmdet are translated where
    that is exact. Every other class is prompted as it is (:func:`~vpt_mm.models.hosted.prompted_backbone`).

    Args:
        backbone: config of a backbone.
        scope: default scope of the whole config, such as 'mmseg'.

    Raises:
        UsageError: no such class, or one that is prompted already.
    """
    kind = class_of(backbone, scope=scope)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)) and not callable(kind):
        raise UsageError(f"there is no backbone {backbone['type']} in the scope {scope}: check the config with "
                         "OpenMMLab's own tools first. Classes of models for images and texts need the package "
                         'transformers to be registered.')
    name, home = kind.__name__, kind.__module__
    asked = backbone['type'].rpartition('.')[2] if isinstance(backbone['type'], str) else name
    if asked.startswith('Prompted'):
        raise UsageError(f'the backbone is a {asked} already: set its tuning.')
    if name == 'LoRAModel' and home.startswith('mmpretrain.'):
        return counterpart(backbone['module'], scope=scope)  # the tuning method takes its place
    given = {key: value for key, value in backbone.items() if key not in NOT_THEIRS}
    try:
        if name not in NAMES or not home.startswith((PLAIN, 'mmseg.', 'mmdet.')):
            raise _DiffersError
        translate = dict if home.startswith(PLAIN) else TRANSLATORS[NAMES[name]]
        made = dict(type=NAMES[name], **STEMS.get(name, {}), **translate(dict(given)))
    except _DiffersError:
        made = dict(type='PromptedBackbone', of=_scoped_name(backbone, kind, scope), **given)
    return _frozen_norms(made)


class _DiffersError(Exception):
    """The class has no counterpart that computes the same, or this argument of it has none."""


def _scoped_name(backbone, kind, scope):
    """The name by which mmengine's root registry finds the class."""
    name = backbone['type']
    if not isinstance(name, str):
        return f'{kind.__module__}.{kind.__qualname__}'
    return name if '.' in name or scope == 'mmengine' else f"{backbone.get('_scope_') or scope}.{name}"


def _vit(given):
    """mmseg's ``VisionTransformer``."""
    _only(given, out_origin=(False,), patch_norm=(False,), with_cls_token=(True,),
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
                            dropped={'attn_drop_rate', 'num_fcs', 'norm_eval'})}


def _swin(given):
    """mmseg's and mmdet's ``SwinTransformer``."""
    _only(given, mlp_ratio=(4, 4.), qkv_bias=(True,), qk_scale=(None,), patch_norm=(True,),
            attn_drop_rate=(0, 0.), act_cfg=(dict(type='GELU'),))
    halved = [given.get('patch_size', 4), *[2] * (len(given.get('depths', (2, 2, 6, 2))) - 1)]
    _only(given, strides=(halved, tuple(halved)))
    arch = dict(embed_dims=given.pop('embed_dims', 96), depths=list(given.pop('depths', (2, 2, 6, 2))),
                num_heads=list(given.pop('num_heads', (3, 6, 12, 24))))
    made = dict(arch=arch, img_size=given.pop('pretrain_img_size', 224), pad_small_map=True,
                out_indices=given.pop('out_indices', (0, 1, 2, 3)), drop_path_rate=given.pop('drop_path_rate', 0.1))
    norm = given.pop('norm_cfg', None)
    if norm and {**norm, 'requires_grad': True} != dict(type='LN', requires_grad=True):
        raise _DiffersError
    return {**made, **_rest(given, {'in_channels', 'patch_size', 'window_size', 'drop_rate', 'use_abs_pos_embed',
                                    'with_cp', 'init_cfg'}, dropped={'convert_weights'})}


def _resnet(given):
    """mmseg's and mmdet's ``ResNet``, and those with deep stems."""
    _only(given, dcn=(None,), plugins=(None,), multi_grid=(None,))
    if given.get('contract_dilation') and set(given.get('dilations', (1,))) != {1}:
        raise _DiffersError
    return _rest(given, {
        'depth', 'in_channels', 'stem_channels', 'base_channels', 'num_stages', 'strides', 'dilations', 'out_indices',
        'style', 'conv_cfg', 'norm_cfg', 'norm_eval', 'with_cp', 'zero_init_residual', 'init_cfg', 'deep_stem',
        'avg_down'}, dropped={'contract_dilation', 'stage_with_dcn', 'stage_with_plugins'})


TRANSLATORS = dict(PromptedViT=_vit, PromptedSwin=_swin, PromptedResNet=_resnet)


def _frozen_norms(config):
    """Frozen batch norms exchange no statistics between processes."""
    if isinstance(config, dict):
        made = {key: _frozen_norms(value) for key, value in config.items()}
        return {**made, 'type': 'BN'} if config.get('type') in ('SyncBN', 'MMSyncBN') else made
    return [_frozen_norms(one) for one in config] if isinstance(config, list) else config


def _only(given, **allowed):
    """Take arguments out of ``given`` that the counterpart computes at these values alone."""
    for key, values in allowed.items():
        if given.pop(key, values[0]) not in values:
            raise _DiffersError


def _rest(given, known, *, dropped):
    if set(given) - known - dropped:
        raise _DiffersError
    return {key: value for key, value in given.items() if key in known}
