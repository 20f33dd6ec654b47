"""What a training step needs in memory, counted on tensors without values: no weights, no device, no time."""
import copy
import itertools
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import OPTIMIZERS
from mmengine.utils import to_2tuple
from rich.table import Table
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from ..config_file import MODEL, read_config_file
from ..errors import UsageError, did_you_mean
from ..models.openmmlab import is_segmentor
from ..models.weightless import build_weightless, give_shape
from .contestants import BACKBONES
from .living import Living
from .methods import METHODS, WITH_OWN

OPTIONS = {
    'plain': {}, 'stored': dict(frozen_dtype='bfloat16'), 'checkpointed': dict(with_cp=True),
    'both': dict(frozen_dtype='bfloat16', with_cp=True)}


@dataclass(frozen=True)
class Memory:
    """Bytes of one training step.

    Attributes:
        names: who was counted: backbone or config, method, options.
        weights: parameters and buffers.
        gradients: of the parameters that train.
        optimizer: its state.
        kept: what the forward pass leaves for the backward pass, outputs included.
    """

    names: tuple
    weights: int
    gradients: int
    optimizer: int
    kept: int

    @property
    def total(self):
        """A lower bound of the peak: what a single operator needs for itself comes on top."""
        return self.weights + self.gradients + self.optimizer + self.kept


def memory_of_backbone(backbone, method, option, *, batch, size, read='class', optimizer=None):
    """Count a backbone alone.

    Args:
        backbone: key of ``BACKBONES`` of the benchmark.
        method: key of ``METHODS``.
        option: key of ``OPTIONS``: the frozen part stored in bfloat16, its blocks checkpointed, both, or neither.
        batch: images at once.
        size: image side in pixels.
        read: 'class' for a classifier's output, 'patches' for a segmentor's four maps.
        optimizer: config of the optimizer; SGD with momentum by default.

    Raises:
        UsageError: a name that is not there, or an option that the backbone or method does not allow.
    """
    for name, known in ((backbone, BACKBONES), (method, METHODS), (option, OPTIONS)):
        if name not in known:
            raise UsageError(f"must be one of {', '.join(known)}, got {name!r}.{did_you_mean(name, known)}")
    config = dict(BACKBONES[backbone].config(size=size, read=read), tuning=copy.deepcopy(METHODS[method]),
                  **OPTIONS[option])
    model = build_weightless(config)
    return memory_of(model, (batch, 3, size, size), names=(backbone, method, option), optimizer=optimizer)


def combinations(backbones, methods, options):
    """Those (backbone, method, option) that go together."""
    return [(backbone, method, option) for backbone, method, option in itertools.product(backbones, methods, options)
            if method not in WITH_OWN or option not in ('stored', 'both')]


def memory_of_config(path, *, batch, size=None):
    """Count the model of a config with its heads and their losses.

    Args:
        path: config file of a classifier or segmentor.
        batch: images at once.
        size: image side in pixels; the backbone's ``img_size`` by default.

    Raises:
        UsageError: no config of a whole model there, or no size.
    """
    config = read_config_file(path, needs=[*MODEL, 'optim_wrapper.optimizer.type'])
    size = size or config.model.backbone.get('img_size')
    if size is None:
        raise UsageError(f'{path} does not say how large its images are (model.backbone.img_size): give a --size.')
    height, width = to_2tuple(size)
    model = revert_sync_batchnorm(build_weightless(config.model, scope=config.get('default_scope')))
    return memory_of(model, (batch, 3, height, width), names=(str(path), '', ''),
                     optimizer=config.optim_wrapper.optimizer, run=losses_of)


def losses_of(model, image):
    """A cross entropy for each head, at the size of the image where it gives a map."""
    features = model.extract_feat(image)
    if not is_segmentor(model):
        scores = model.head(features)
        return [F.cross_entropy(scores, torch.zeros(len(image), dtype=torch.long))]
    more = getattr(model, 'auxiliary_head', None)
    heads = [model.decode_head, *(more if isinstance(more, nn.ModuleList) else [more] if more else [])]
    labels = torch.zeros(len(image), *image.shape[2:], dtype=torch.long)
    maps = (F.interpolate(head(features), image.shape[2:], mode='bilinear') for head in heads)
    return [F.cross_entropy(scores, labels) for scores in maps]


def memory_of(model, shape, *, names=(), optimizer=None, run=None):
    """Count a model that was built on the meta device, in train mode.

    Args:
        model: backbone or whole model.
        shape: (B, 3, H, W) of the images.
        names: for the report.
        optimizer: its config; SGD with momentum by default.
        run: function of model and images, the model itself by default; what it returns is kept.
    """
    model.train()
    mode = FakeTensorMode()
    give_shape(model, mode)
    tensors = [*model.parameters(), *model.buffers()]
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    run = run or type(model).__call__
    with mode:
        image = torch.empty(shape)
        run(model, image)  # makes what stays from pass to pass
        with Living(besides=[image, *tensors]) as living:
            outputs = run(model, image)
        kept = living.bytes()
        del outputs
    gradients = sum(map(size_of, learned))
    slots = slots_of(optimizer or dict(type='SGD', lr=1., momentum=0.9))
    return Memory(tuple(names), sum(map(size_of, tensors)), gradients, slots * gradients, kept)


def slots_of(optimizer):
    """How many values an optimizer keeps for each one that it learns, seen from a step of its own."""
    parameter = nn.Parameter(torch.ones(2))
    built = OPTIMIZERS.build(dict(optimizer, params=[parameter]))
    parameter.grad = torch.ones(2)
    built.step()
    return sum(value.numel() for value in built.state[parameter].values() if torch.is_tensor(value)) // 2


def size_of(tensor):
    return tensor.numel() * tensor.element_size()


def memory_table(memories, *, title):
    """A list of :class:`Memory` as a rich table, in GB of 10^9 bytes."""
    table = Table(title=title)
    for name in ('model', 'method', 'options'):
        table.add_column(name, overflow='fold')
    for name in ('weights', 'gradients', 'optimizer', 'kept for backward', 'in all'):
        table.add_column(name, justify='right')
    for memory in memories:
        numbers = (memory.weights, memory.gradients, memory.optimizer, memory.kept, memory.total)
        table.add_row(*memory.names, *(f'{number / 1e9:,.2f}' for number in numbers))
    return table
