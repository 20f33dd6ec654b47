"""HeldOutFold: mmpretrain's fold of a dataset, as its inferencers expect a dataset to be."""
from mmengine.registry import DATASETS
from mmpretrain.datasets import KFoldDataset


@DATASETS.register_module()
class HeldOutFold(KFoldDataset):
    """The fold of ``KFoldDataset`` that is held out.

    Args:
        dataset: config of the dataset that is split.
        pipeline: of that dataset, written here where OpenMMLab's inferencers look for the pipeline of a test.
        folds: arguments of ``KFoldDataset``.
    """

    def __init__(self, dataset, *, pipeline, **folds):
        super().__init__(dict(dataset, pipeline=pipeline), test_mode=True, **folds)
