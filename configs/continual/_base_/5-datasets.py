# 5-datasets, a task each, in the order of L2P's code: CIFAR-10, MNIST, SVHN, notMNIST, of which a random fifth is
# tested, and Fashion-MNIST. In DATA_ROOT: cifar-10-batches-bin, mnist, svhn, notMNIST_small and fashion-mnist,
# unpacked; delete files of no bytes (find notMNIST_small -size 0 -delete).
_base_ = ['images.py']
classes, tasks, epochs = 50, 5, 5
stream = dict(type='JoinedStream')
root = '{{$DATA_ROOT:data}}'
letters = dict(type='ImageFolders', data_root=f'{root}/notMNIST_small')
train_dataloader = dict(
    dataset=dict(
        type='JoinedClasses',
        datasets=[
            dict(type='CifarBinary', classes=10, data_root=f'{root}/cifar-10-batches-bin', split='train',
                 pipeline={{_base_.train_arrays}}),
            dict(type='MNIST', data_root=f'{root}/mnist', split='train', download=False,
                 pipeline={{_base_.train_grey}}),
            dict(type='SVHN', data_root=f'{root}/svhn', split='train', pipeline={{_base_.train_arrays}}),
            dict(type='KFoldDataset', num_splits=5, seed=0,
                 dataset=dict(**letters, pipeline={{_base_.train_files}})),
            dict(type='FashionMNIST', data_root=f'{root}/fashion-mnist', split='train', download=False,
                 pipeline={{_base_.train_grey}}),
        ]))
tested = dict(
    type='JoinedClasses',
    datasets=[
        dict(type='CifarBinary', classes=10, data_root=f'{root}/cifar-10-batches-bin', split='test',
             pipeline={{_base_.test_arrays}}),
        dict(type='MNIST', data_root=f'{root}/mnist', split='test', test_mode=True, download=False,
             pipeline={{_base_.test_grey}}),
        dict(type='SVHN', data_root=f'{root}/svhn', split='test', pipeline={{_base_.test_arrays}}),
        dict(type='HeldOutFold', num_splits=5, seed=0, dataset=letters,
             pipeline={{_base_.test_files}}),
        dict(type='FashionMNIST', data_root=f'{root}/fashion-mnist', split='test', test_mode=True, download=False,
             pipeline={{_base_.test_grey}}),
    ])
val_dataloader = dict(dataset=tested)
test_dataloader = dict(dataset=tested)
del root, letters, tested
