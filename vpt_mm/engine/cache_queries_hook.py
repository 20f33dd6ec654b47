"""CacheQueriesHook: while training, the plain feature by which an image chooses prompts is computed once."""
from mmengine.dataset import BaseDataset, ClassBalancedDataset, RepeatDataset
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmpretrain.datasets import KFoldDataset

from ..datasets import JoinedClasses
from ..datasets.part import Part
from ..errors import UsageError
from ..models.frozen import prompted_backbones
from ..models.known import identify
from ..models.openmmlab import unwrap

# Transforms without chance, of mmcv, mmpretrain, mmseg and torchvision, by the names of their classes.
STEADY = {'CenterCrop', 'LoadAnnotations', 'LoadImageFromFile', 'Normalize', 'NumpyToPIL', 'PILToNumpy', 'PILToTensor',
          'PackInputs', 'PackSegInputs', 'Pad', 'Resize', 'ResizeEdge', 'ToTensor'}
NUMBERED_INSIDE = (Part, RepeatDataset, ClassBalancedDataset, KFoldDataset)


@HOOKS.register_module()
class CacheQueriesHook(Hook):
    """``--cache-queries`` of training: features (Q,) of all training images stay in memory, on the device.

    An image is known by its ``sample_idx`` in the dataset. Results are those without the hook, up to rounding; a run
    that goes on computes features anew, and so does each process for the images that it meets.

    Raises:
        UsageError: no method that asks for plain features, an accelerated or compiled model, images that are not the
            same in every epoch, or a dataset that does not number them.
    """

    def before_train(self, runner):
        model, features = unwrap(runner.model), {}
        require_queries(model, compiled=runner.cfg.get('compile'))
        require_steady(model, runner.train_loop.dataloader.dataset)

        def tell(module, args, given):
            if module.training:
                identify(given['inputs'], list(map(number_of, given['data_samples'])), features)
        self.handle = model.register_forward_pre_hook(tell, with_kwargs=True)

    def after_train(self, runner):
        self.handle.remove()


def number_of(sample):
    """The number of an image in its dataset.

    Raises:
        UsageError: it was not packed with the image.
    """
    number = sample.get('sample_idx')
    if number is None:
        raise UsageError('--cache-queries knows an image by its sample_idx, which PackInputs leaves out here: add it '
                         'to meta_keys, or train without it.')
    return number


def require_queries(model, *, compiled):
    """Raise UsageError unless one backbone asks for plain features, in passes that Python runs."""
    asking = [backbone for backbone in prompted_backbones(model).values() if backbone.tuning.chooses]
    if len(asking) != 1:
        raise UsageError('--cache-queries keeps the features by which images choose prompts, as PromptPool, DualPrompt '
                         f'and CodaPrompt ask for, and {len(asking)} backbones of the model have such a method: train '
                         'without it.')
    if compiled or asking[0].accelerator is not None:
        raise UsageError('--cache-queries looks features up in Python, which a compiled or captured pass leaves out: '
                         'set compile=False and accelerate=None, or train without it.')


def require_steady(model, dataset):
    """Raise UsageError unless images are the same in every epoch, and numbered."""
    if getattr(model.data_preprocessor, 'batch_augments', None) is not None:
        refuse('model.train_cfg.augments')
    if isinstance(dataset, JoinedClasses):
        for one in dataset.datasets:
            require_steady(model, one)
    elif isinstance(dataset, NUMBERED_INSIDE):
        require_steady(model, dataset.dataset)
    elif isinstance(dataset, BaseDataset):
        for transform in dataset.pipeline.transforms:
            name = type(getattr(transform, 't', transform)).__name__  # 't': of torchvision, as mmpretrain wraps it
            if name not in STEADY:
                refuse(f'{name} of the training pipeline')
    else:
        raise UsageError('--cache-queries knows an image by its sample_idx, which is its own in subclasses of '
                         f'BaseDataset, and {type(dataset).__name__} does not number images: join datasets by '
                         'JoinedClasses, or train without it.')


def refuse(culprit):
    raise UsageError(f'--cache-queries needs images that are the same in every epoch, and {culprit} may change them: '
                     'take it out, or train without it.')
