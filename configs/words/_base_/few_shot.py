# What methods share that learn from a few images a class. DATA: table, or folders for images of your own.
_base_ = ['clip_vit-b16.py', 'sgd.py', '{{$DATA:table}}.py']
model = dict(head=dict(templates=[{{_base_.task.template}}]))
