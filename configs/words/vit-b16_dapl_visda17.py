# DAPL from the rendered to the photographed images of VisDA-2017, with vectors of each class's own: 114,688 parameters.
# Reported is the mean of the classes' accuracies, single-label/recall, as in the paper, and the accuracy over images.
#   python tools/train.py configs/words/vit-b16_dapl_visda17.py
_base_ = ['_base_/dapl.py']
task = __import__('vpt_mm').datasets.words_task('VisDA17')
model = dict(head=dict(text=dict(tuning=dict(source='synthetic', target='real', classes={{'$CLASSES:12'}}))))
data = dict(type='WordsDataset', task='VisDA17', root='{{$DATA_ROOT:data}}', labelled_by='train')
train_dataloader = dict(
    dataset=dict(
        type='SourceAndTarget',
        datasets=[
            dict(**data, split='train', pipeline={{_base_.train_pipeline}}),
            dict(**data, split='validation', pipeline={{_base_.train_pipeline}}),
        ]))
test_dataloader = dict(
    dataset=dict(**data, split='validation', pipeline={{_base_.test_pipeline}}))
test_evaluator = [
    dict(type='Accuracy', topk=(1, )),
    dict(type='SingleLabelMetric', items=('recall', ), average='macro'),
]
del data
