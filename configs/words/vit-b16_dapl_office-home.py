# DAPL on a pair of Office-Home's domains (art, clipart, product, real_world): 24,576 parameters. Its images of the
# target are those that it is tested on, as in the paper: Office-Home has no others.
#   SOURCE=art TARGET=real_world python tools/train.py configs/words/vit-b16_dapl_office-home.py
_base_ = ['_base_/dapl.py']
task = __import__('vpt_mm').datasets.words_task('OfficeHome')
task['name'] = 'OfficeHome_{{$SOURCE:art}}_{{$TARGET:clipart}}'
model = dict(head=dict(text=dict(tuning=dict(source='{{$SOURCE:art}}', target='{{$TARGET:clipart}}'))))
data = dict(type='WordsDataset', task='OfficeHome', root='{{$DATA_ROOT:data}}', labelled_by='{{$SOURCE:art}}')
train_dataloader = dict(
    dataset=dict(
        type='SourceAndTarget',
        datasets=[
            dict(**data, split='{{$SOURCE:art}}', pipeline={{_base_.train_pipeline}}),
            dict(**data, split='{{$TARGET:clipart}}', pipeline={{_base_.train_pipeline}}),
        ]))
test_dataloader = dict(
    dataset=dict(**data, split='{{$TARGET:clipart}}', pipeline={{_base_.test_pipeline}}))
del data
