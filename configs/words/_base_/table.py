# A dataset of the table in docs/words.md, named by TASK, in DATA_ROOT.
_base_ = ['images.py']
task = __import__('vpt_mm').datasets.words_task('{{$TASK:Caltech101}}')
images = dict(type='WordsDataset', task='{{$TASK:Caltech101}}', root='{{$DATA_ROOT:data}}')
train_images = dict(**images, split='train', pipeline={{_base_.train_pipeline}})
test_images = dict(**images, split='test', pipeline={{_base_.test_pipeline}})
drawn = '{{$LISTS:work_dirs/few_shot}}/{{$TASK:Caltech101}}/{{$SHOTS:16}}-shots_seed-{{$SEED:1}}.json'  # which images
del images
