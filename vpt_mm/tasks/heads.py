"""Heads, necks and image transforms that a task file may name, with the arguments that prediction needs.

Names and arguments are those of mmpretrain's, mmseg's and mmcv's classes; losses and the like are training's.
"""
from .backbones import ACTIVATION, NORM, SIDE, SIDES, WIDTH, WIDTHS
from .fields import Choice, Flag, Number, Whole
from .records import Listed, Maybe, OneOf, Record, Typed
from .words import LEARNING, NAMING, without_counts

MOST_CLASSES, MOST_SEGMENTED = 100_000, 4096
NORM_1D = Record(dict(type=Choice('BN1d', 'LN', aliases=dict(SyncBN='BN1d'))), optional=dict(eps=Number(0, 1)),
                 training=NORM.training)

CLASSES = dict(num_classes=Whole(1, MOST_CLASSES))
LABELS = dict(thr=Maybe(Number(0, 1)), topk=Maybe(Whole(1, MOST_CLASSES)))  # labels an image
LOSS = ('init_cfg', 'loss')
CLASSIFIERS = dict(
    LinearClsHead=Record(dict(CLASSES, in_channels=WIDTH), training=(*LOSS, 'topk', 'cal_acc')),
    StackedLinearClsHead=Record(
        dict(CLASSES, in_channels=WIDTH, mid_channels=Listed(WIDTH, 1, 16), norm_cfg=Maybe(NORM_1D),
             act_cfg=Maybe(ACTIVATION)), training=(*LOSS, 'topk', 'cal_acc', 'dropout_rate')),
    VisionTransformerClsHead=Record(dict(CLASSES, in_channels=WIDTH, hidden_dim=Maybe(WIDTH), act_cfg=ACTIVATION),
                                    training=(*LOSS, 'topk', 'cal_acc')),
    MultiLabelLinearClsHead=Record(dict(CLASSES, in_channels=WIDTH, **LABELS), training=LOSS),
    CSRAClsHead=Record(dict(CLASSES, in_channels=WIDTH, num_heads=Choice(1, 2, 4, 6, 8), lam=Number(1e-6, 100),
                            **LABELS), training=LOSS),
    WordsHead=Record(NAMING, training=(*LOSS, 'topk', 'cal_acc', *LEARNING)),
    BakedWordsHead=Record(dict(CLASSES, in_channels=WIDTH, width=WIDTH), training=(*LOSS, 'topk', 'cal_acc')))

SEGMENTED = dict(num_classes=Whole(1, MOST_SEGMENTED), out_channels=Maybe(Whole(1, MOST_SEGMENTED)),
                 threshold=Maybe(Number(0, 1)), align_corners=Flag(), channels=WIDTH)
PLACE = Whole(-16, 15)  # of a map among those that the backbone, or the neck, gives
PLACES = Listed(PLACE, 1, 16)
MAPS = dict(SEGMENTED, in_channels=OneOf(WIDTH, WIDTHS), in_index=OneOf(PLACE, PLACES),
            input_transform=Maybe(Choice('resize_concat', 'multiple_select')))
SEVERAL = dict(SEGMENTED, in_channels=WIDTHS, in_index=PLACES)
STYLE = dict(norm_cfg=Maybe(NORM), act_cfg=Maybe(ACTIVATION))
DECODED = ('init_cfg', 'loss_decode', 'ignore_index', 'sampler', 'dropout_ratio')
DECODERS = dict(
    FCNHead=Record(dict(MAPS, **STYLE, num_convs=Whole(0, 8), kernel_size=Choice(1, 3, 5, 7), concat_input=Flag(),
                        dilation=Whole(1, 32)), training=DECODED),
    SETRUPHead=Record(dict(MAPS, **STYLE, norm_layer=NORM, num_convs=Whole(1, 8), up_scale=Whole(1, 8),
                           kernel_size=Choice(1, 3)), training=DECODED),
    SETRMLAHead=Record(dict(SEVERAL, **STYLE, mla_channels=WIDTH, up_scale=Whole(1, 8)), training=DECODED),
    UPerHead=Record(dict(SEVERAL, **STYLE, pool_scales=Listed(Whole(1, 64), 1, 8)), training=DECODED),
    SegmenterMaskTransformerHead=Record(
        dict(MAPS, num_layers=Whole(1, 32), num_heads=Whole(1, 128), embed_dims=WIDTH, mlp_ratio=Whole(1, 16),
             num_fcs=Whole(2, 8), qkv_bias=Flag(), act_cfg=ACTIVATION, norm_cfg=NORM),
        training=(*DECODED, 'drop_path_rate', 'drop_rate', 'attn_drop_rate', 'init_std')),
    DPTHead=Record(dict(MAPS, embed_dims=WIDTH, post_process_channels=Listed(WIDTH, 4, 4), patch_size=Whole(1, 64),
                        readout_type=Choice('ignore', 'add', 'project'), expand_channels=Flag(), act_cfg=ACTIVATION,
                        norm_cfg=Maybe(NORM)), training=DECODED))

NAMED = {name: without_counts(record) for name, record in DECODERS.items()  # those that end in conv_seg
         if name != 'SegmenterMaskTransformerHead'}
DECODERS.update(
    WordsDecodeHead=Record(dict(NAMING, decoder=Typed(NAMED)), training=LEARNING),
    BakedWordsDecodeHead=Record(dict(num_classes=Whole(2, MOST_SEGMENTED), features=WIDTH, decoder=Typed(NAMED))))

SCALES = Listed(Choice(0.25, 0.5, 1, 2, 4), 1, 8)
NECKS = dict(
    classification=dict(GlobalAveragePooling=Record(dict(dim=Choice(1, 2, 3)))),
    segmentation=dict(
        Feature2Pyramid=Record(dict(embed_dim=WIDTH, rescales=SCALES, norm_cfg=NORM)),
        MLANeck=Record(dict(in_channels=WIDTHS, out_channels=WIDTH, norm_layer=NORM, **STYLE)),
        MultiLevelNeck=Record(dict(in_channels=WIDTHS, out_channels=WIDTH, scales=SCALES, **STYLE))))
HEADS = dict(classification=CLASSIFIERS, segmentation=DECODERS)

INTERPOLATION = dict(backend=Choice('cv2', 'pillow'), interpolation=Choice(
    'nearest', 'bilinear', 'bicubic', 'area', 'box', 'hamming', 'lanczos'))
TRANSFORMS = dict(
    Resize=Record(dict(scale=OneOf(SIDE, Listed(SIDE, 2, 2)), keep_ratio=Flag(), **INTERPOLATION),
                  training=('clip_object_border',)),
    ResizeEdge=Record(dict(scale=SIDE, edge=Choice('short', 'long', 'width', 'height'), **INTERPOLATION)),
    CenterCrop=Record(dict(crop_size=SIDES), training=('clip_object_border',)))
