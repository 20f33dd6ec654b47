# What methods share that learn from a few images a class. DATA: table, or folders for images of your own.
# SHOTS: images of each class, SEED: of their draw, which is written down in LISTS. PART: the classes that are trained
# on and asked for: all, base or new.
_base_ = ['clip_vit-b16.py', 'sgd.py', '{{$DATA:table}}.py']
model = dict(head=dict(templates=[{{_base_.task.template}}]))
shots = {{'$SHOTS:16'}}
train_dataloader = dict(
    dataset=dict(
        type='BaseToNew',
        part='{{$PART:all}}',
        dataset=dict(
            type='FewShot', shots=shots, seed={{'$SEED:1'}}, fewer=True, file={{_base_.drawn}},
            dataset={{_base_.train_images}})))
test_dataloader = dict(
    dataset=dict(type='BaseToNew', part='{{$PART:all}}', dataset={{_base_.test_images}}))
