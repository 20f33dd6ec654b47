# Images of your own: one folder a class, with its name, in DATA_ROOT/train and DATA_ROOT/test.
_base_ = ['images.py']
task = dict(name='folders', template='a photo of a {}.')
images = dict(type='ImageFolders', data_root='{{$DATA_ROOT:data/photos}}')
train_images = dict(**images, data_prefix='train', pipeline={{_base_.train_pipeline}})
test_images = dict(**images, data_prefix='test', pipeline={{_base_.test_pipeline}})
drawn = '{{$LISTS:work_dirs/few_shot}}/folders/{{$SHOTS:16}}-shots_seed-{{$SEED:1}}.json'  # which images
del images
