# CLIP's ViT-B/16 and its text transformer, both frozen, from one file (docs/words.md, "Files").
# CLIP: that file, OpenAI's weights in safetensors. ACTIVATION=GELU for those that were trained with it.
_base_ = ['mmpretrain::_base_/default_runtime.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

clip = dict(type='Pretrained', checkpoint='{{$CLIP:open_clip_model.safetensors}}')
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='PromptedViT',
        arch='base',
        img_size=224,
        patch_size=16,
        pre_norm=True,
        patch_cfg=dict(bias=False),
        norm_cfg=dict(type='LN', eps=1e-5),
        layer_cfgs=dict(act_cfg=dict(type='{{$ACTIVATION:QuickGELU}}')),
        tuning=dict(type='LinearProbe'),
        init_cfg=clip),
    head=dict(
        type='WordsHead',
        classes=None,
        text=dict(image_width=768, activation='{{$ACTIVATION:QuickGELU}}', init_cfg=clip)))
data_preprocessor = dict(mean=[122.771, 116.746, 104.094], std=[68.501, 66.632, 70.323], to_rgb=True)

custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='ClassNamesHook'), dict(type='CheckLabelsHook')]
default_hooks = dict(
    logger=dict(interval=10), checkpoint=dict(type='PromptCheckpointHook', interval=10, max_keep_ckpts=1))
test_cfg = dict()
test_evaluator = dict(type='Accuracy', topk=(1, ))
randomness = dict(seed={{'$SEED:1'}})
del clip
