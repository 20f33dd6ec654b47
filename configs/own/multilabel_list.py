# As classify_list.py, for images of several classes or none: one score for each class, and the mean average precision.
_base_ = ['classify_list.py']

model = dict(
    head=dict(
        _delete_=True,
        type='MultiLabelLinearClsHead',
        num_classes={{'$NUM_CLASSES:2'}},
        in_channels={{_base_.embed_dims}},
        thr=0.5,
        loss=dict(type='CrossEntropyLoss', use_sigmoid=True)))
train_dataloader = dict(dataset=dict(type='TaggedImages'))
val_dataloader = dict(dataset=dict(type='TaggedImages'))
test_dataloader = val_dataloader
val_evaluator = [dict(type='AveragePrecision'), dict(type='MultiLabelMetric', thr=0.5)]
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best='multi-label/mAP'))
