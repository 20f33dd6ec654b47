# CoOp (Zhou et al. 2022, IJCV): 16 vectors in front of the class names, 8,192 parameters.
#   TASK=EuroSAT SHOTS=16 SEED=1 CLIP=open_clip_model.safetensors python tools/train.py configs/words/vit-b16_coop.py
# CONTEXT=4: as on ImageNet and base to new. CLASSES=10: vectors of each class's own.
_base_ = ['_base_/few_shot.py']
model = dict(head=dict(text=dict(tuning=dict(
    type='ContextPrompt', length={{'$CONTEXT:16'}}, position='{{$POSITION:end}}', classes={{'$CLASSES:None'}}))))
epochs = 50 if '{{$TASK:Caltech101}}' == 'ImageNet' else {1: 50, 2: 100, 4: 100}.get({{'$SHOTS:16'}}, 200)
train_cfg = dict(max_epochs=epochs)
param_scheduler = [
    dict(type='ConstantLR', factor=1e-5 / 0.002, end=2),
    dict(type='CosineAnnealingLR', T_max=epochs, begin=1, end=epochs),
]
