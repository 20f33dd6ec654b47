"""Backbones and tuning methods that a task file may name, with the arguments that prediction needs.

Names and arguments are those of the classes; what matters in training alone is not said in a task file.
"""
from .fields import Choice, Flag, Null, Number, Text, Whole
from .hosted import ARGUMENTS, OF
from .records import Listed, Maybe, OneOf, Record

SIDE, WIDTH = Whole(1, 4096), Whole(1, 32_768)
SIDES = OneOf(SIDE, Listed(SIDE, 2, 2))  # a square's, or those of a rectangle
WIDTHS = Listed(WIDTH, 1, 32)
ALIASES = dict(SyncBN='BN', BN2d='BN')  # which compute the same on one device
NORM = Record(dict(type=Choice('BN', 'LN', 'LN2d', 'GN', aliases=ALIASES)),
              optional=dict(eps=Number(0, 1), num_groups=Whole(1, 4096)), training=('requires_grad', 'momentum'))
ACTIVATION = Record(dict(type=Choice('GELU', 'ReLU', 'SiLU', 'Tanh', 'mmpretrain.QuickGELU',
                                     aliases=dict(QuickGELU='mmpretrain.QuickGELU'))), training=('inplace',))
MARGIN, WINDOW = Whole(0, 4096), Whole(1, 64)
PATCHES = Record({}, optional=dict(stride=SIDES, padding=OneOf(MARGIN, Listed(MARGIN, 2, 2)), bias=Flag()))
INDEX = Whole(-128, 127)  # of a block or stage; negative ones count from the last
INDICES = OneOf(INDEX, Listed(INDEX, 1, 32))
RESIZING = Choice('bicubic', 'bilinear', 'nearest')
STORED = Maybe(Choice('bfloat16', 'float16'))
TRAINED = ('tuning', 'init_cfg', 'with_cp', 'drop_rate', 'drop_path_rate', 'frozen_stages', 'norm_eval')

BACKBONES = dict(
    PromptedViT=Record(dict(
        arch=OneOf(Choice('s', 'small', 'b', 'base', 'l', 'large', 'h', 'huge', 'eva-g', 'eva-giant', 'deit-t',
                          'deit-tiny', 'deit-s', 'deit-small', 'deit-b', 'deit-base', 'dinov2-s', 'dinov2-small',
                          'dinov2-g', 'dinov2-giant'),
                   Record(dict(embed_dims=WIDTH, num_layers=Whole(1, 128), num_heads=Whole(1, 128),
                               feedforward_channels=WIDTH))),
        img_size=SIDES, patch_size=SIDES, out_indices=INDICES, qkv_bias=Flag(), norm_cfg=NORM, final_norm=Flag(),
        out_type=Choice('cls_token', 'featmap', 'featmap_cls', 'avg_featmap', 'avg_prompts', 'avg_all', 'raw'),
        with_cls_token=Flag(), interpolate_mode=RESIZING, layer_scale_init_value=Number(0, 10), patch_cfg=PATCHES,
        layer_cfgs=Record({}, optional=dict(act_cfg=ACTIVATION, ffn_type=Choice('origin', 'swiglu_fused'))),
        pre_norm=Flag(), frozen_dtype=STORED), training=TRAINED),
    PromptedSwin=Record(dict(
        arch=OneOf(Choice('t', 'tiny', 's', 'small', 'b', 'base', 'l', 'large'),
                   Record(dict(embed_dims=WIDTH, depths=Listed(Whole(1, 64), 1, 8),
                               num_heads=Listed(Whole(1, 128), 1, 8)))),
        img_size=SIDES, patch_size=SIDES, window_size=OneOf(WINDOW, Listed(WINDOW, 1, 8)),
        out_indices=Listed(Whole(0, 7), 1, 8), out_after_downsample=Flag(), use_abs_pos_embed=Flag(),
        interpolate_mode=RESIZING, pad_small_map=Flag(), norm_cfg=NORM, patch_cfg=PATCHES,
        stage_cfgs=Record({}, optional=dict(block_cfgs=Record({}, optional=dict(
            norm_cfg=NORM, ffn_cfgs=Record({}, optional=dict(act_cfg=ACTIVATION)))))),
        frozen_dtype=STORED), training=TRAINED),
    PromptedConvNeXt=Record(dict(
        arch=OneOf(Choice('atto', 'femto', 'pico', 'nano', 'tiny', 'small', 'base', 'large', 'xlarge', 'huge'),
                   Record(dict(depths=Listed(Whole(1, 64), 1, 8), channels=Listed(WIDTH, 1, 8)))),
        stem_patch_size=Whole(1, 64), norm_cfg=NORM, act_cfg=ACTIVATION, linear_pw_conv=Flag(), use_grn=Flag(),
        layer_scale_init_value=Number(0, 10), out_indices=INDICES, gap_before_final_norm=Flag(), frozen_dtype=STORED),
        training=TRAINED),
    PromptedResNet=Record(dict(
        depth=Choice(18, 34, 50, 101, 152), stem_channels=WIDTH, base_channels=WIDTH, expansion=Maybe(Whole(1, 8)),
        num_stages=Whole(1, 4), strides=Listed(Whole(1, 4), 1, 4), dilations=Listed(Whole(1, 16), 1, 4),
        out_indices=Listed(Whole(0, 3), 1, 4), style=Choice('pytorch', 'caffe'), deep_stem=Flag(), avg_down=Flag(),
        norm_cfg=NORM, realign=Flag(), frozen_dtype=STORED), training=(*TRAINED, 'zero_init_residual')),
    PromptedTimmViT=Record(dict(model=Text(100, pattern=r'[a-z0-9_]+(\.[a-z0-9_]+)?', rule="a model's name in timm")),
                           optional=dict(img_size=Maybe(SIDES), patch_size=SIDE, out_type=Choice(
                               'pooled', 'cls_token', 'avg_featmap', 'featmap', 'featmap_cls', 'raw'),
                               out_indices=INDICES, final_norm=Flag(), interpolate_offset=Maybe(Number(0, 1)),
                               dynamic_img_size=Flag(), dynamic_img_pad=Flag(), embed_dim=WIDTH, depth=Whole(1, 128),
                               num_heads=Whole(1, 128), frozen_dtype=STORED), training=TRAINED),
    PromptedBackbone=Record(dict(of=OF, arguments=ARGUMENTS), optional=dict(frozen_dtype=STORED),
                            training=TRAINED))

LENGTH = Whole(1, 10_000)
BLOCKS = Listed(Whole(1, 1024), 1, 1024)
LAYER = Text(200, pattern=r'[\w.]+', rule='the name of a layer')
METHODS = dict(
    AddedPrompt=Record(dict(shared=Flag(), deep=Flag())),
    AdaptFormer=Record(dict(width=WIDTH, scale=Number(1e-6, 1e6))),
    Adapter=Record(dict(reduction=WIDTH)),
    BiasTuning=Record({}),
    ChannelPrompt=Record(dict(channels=Whole(1, 1024))),
    ClsTokenTuning=Record({}),
    CodaPrompt=Record(dict(tasks=Whole(1, 1024), components=LENGTH, length=LENGTH, blocks=BLOCKS),
                      training=('orthogonality',)),
    Convpass=Record(dict(width=WIDTH, scale=Number(1e-6, 1e6))),
    CrossPrompt=Record(dict(length=LENGTH, gated=Flag()), training=('dropout',)),
    DeepPrompt=Record(dict(length=LENGTH, first=Whole(1, 1024), last=Maybe(Whole(1, 1024)), shared_within=Flag(),
                           shared_across=Flag(), width=Maybe(WIDTH)), training=('dropout', 'fixed', 'prototypes')),
    DualPrompt=Record(dict(tasks=Whole(1, 1024), general_length=LENGTH, general_blocks=BLOCKS, expert_length=LENGTH,
                           expert_blocks=BLOCKS), training=('weight',)),
    FourierPrompt=Record(dict(length=LENGTH, alpha=Number(0, 1)), training=('dropout',)),
    FullTuning=Record({}),
    GatedPrompt=Record(dict(length=LENGTH), training=('dropout', 'prototypes')),
    GuidedPrompt=Record(dict(length=LENGTH, first=Whole(1, 1024), last=Maybe(Whole(1, 1024))), training=(
        'patches', 'classes', 'guided', 'alpha', 'delta', 'dropout', 'prototypes')),
    LinearProbe=Record({}),
    LoRA=Record(dict(rank=WIDTH, alpha=Maybe(Number(1e-6, 1e6)), targets=Maybe(OneOf(LAYER, Listed(LAYER, 1, 64))))),
    Mona=Record(dict(width=WIDTH, kernels=Listed(Whole(1, 255), 1, 16)), training=('dropout',)),
    NormTuning=Record({}),
    PartialTuning=Record(dict(last=Whole(1, 1024))),
    PixelPadPrompt=Record(dict(pad=Whole(1, 1024), size=Maybe(SIDES))),
    PixelPatchPrompt=Record(dict(length=LENGTH)),
    PrefixPrompt=Record(dict(length=LENGTH), optional=dict(shared_heads=Flag(), tied=Flag())),
    PromptPool=Record(dict(size=LENGTH, selected=LENGTH, length=LENGTH, placement=Choice('tokens', 'prefix'),
                           blocks=Maybe(BLOCKS), batchwise=Flag()), training=('weight', 'diversified')),
    PrunedPrompt=Record(dict(length=LENGTH, segments=WIDTH, left=Maybe(Whole(1, 10_000_000)), first=Whole(1, 1024),
                             last=Maybe(Whole(1, 1024))), training=('dropout',)),
    Rein=Record(dict(length=LENGTH, rank=WIDTH, link=Null())),
    SSF=Record({}),
    ShallowPrompt=Record(dict(length=LENGTH), training=('dropout', 'prototypes')),
    SideTuning=Record(dict(width=Whole(1, 1024))))
