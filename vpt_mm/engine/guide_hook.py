"""GuideHook: which classes each of GuidedPrompt's prompts stands for."""
import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop

from ..errors import UsageError
from ..models.frozen import prompted_backbones
from ..models.openmmlab import head_of, is_segmentor, unwrap
from ..models.output import feature_of
from ..tuning.clusters import clusters
from ..tuning.composed import methods_of
from ..tuning.guided import Groups, GuidedPrompt, tell_groups
from ..tuning.prototypes import ClassMeans
from .continual import ContinualLoop
from .random_state_hook import random_state, set_random_state
from .training_images import training_images

BATCH = 32  # images of a pass before training
NAMES = ('groups', 'centres', 'count')  # of what a checkpoint holds


class GuideHook(Hook):
    """Groups classes by k-means of the mean features of their training images, as many groups as prompts or classes.

    Before the first epoch features are those of a pass over all images; after each, those that its steps computed. A
    group keeps its prompt, since clusters begin from the centres that they had. Groups are in checkpoints, so that a
    run goes on as one that was not stopped.

    Raises:
        UsageError: a model that isn't a classifier of one label an image, batches in which labels are blended, or a
            loop without epochs.
    """

    priority = 'HIGH'  # before what writes a checkpoint

    def __init__(self):
        self.groups = self.centres = None  # (classes,) and (groups, C)
        self.count = 0  # of groups
        self.means = self.labels = None

    def before_train(self, runner):
        model = unwrap(runner.model)
        backbone, *others = guided_backbones(model)
        if others or runner.cfg.get('compile') or backbone.accelerator is not None:
            raise UsageError('GuidedPrompt is told of labels in Python, in one backbone: set compile=False and '
                             'accelerate=None, and guide the prompts of one alone.')
        classes = getattr(head_of(model), 'num_classes', None)
        if is_segmentor(model) or not classes or head_of(model) is None:
            raise UsageError('GuidedPrompt needs a label of each image, for a head with num_classes, and this '
                             f'{type(model).__name__} has none: take DeepPrompt.')
        if getattr(model.data_preprocessor, 'batch_augments', None) is not None:
            raise UsageError('GuidedPrompt needs one label for each image, and model.train_cfg.augments blends them: '
                             'take it out.')
        if not isinstance(runner.train_loop, EpochBasedTrainLoop) or isinstance(runner.train_loop, ContinualLoop):
            raise UsageError('GuidedPrompt groups all classes anew after each epoch: set by_epoch=True in train_cfg, '
                             f'which has a {type(runner.train_loop).__name__}.')
        self.device = next(model.parameters()).device
        self.length = next(method for method in methods_of(backbone.tuning) if isinstance(method, GuidedPrompt)).length
        self.classes = classes
        if self.groups is None:
            self.group(self.look(runner, model, backbone))
        self.means = ClassMeans(classes)
        self.handles = [model.register_forward_pre_hook(self.tell, with_kwargs=True),
                        backbone.register_forward_hook(self.note)]

    @torch.no_grad()
    def look(self, runner, model, backbone):
        """The means by class over all training images, before anything is learned."""
        means, state = ClassMeans(self.classes), random_state()
        model.eval()
        for batch in training_images(runner.cfg, title='mean features of classes', size=BATCH):
            data = model.data_preprocessor(batch, False)
            means.add(feature(backbone, backbone(data['inputs'])), labels_of(data['data_samples']))
        model.train()
        set_random_state(state)
        return means

    def group(self, means):
        """Put classes into as many groups as there are prompts, or classes with images; the others into the first."""
        for sums in (means.sums, means.counts):  # the same in all processes, each of which has seen other images
            shared = sums.to(self.device)
            all_reduce(shared)
            sums.copy_(shared)
        there = means.counts > 0
        count = min(self.length, int(there.sum()))
        start = self.centres if self.centres is not None and len(self.centres) == count else None
        self.centres, numbers = clusters(means.means[there], count, start=start)
        self.count = count
        self.groups = torch.zeros(self.classes, dtype=torch.long)
        self.groups[there] = numbers

    def tell(self, module, args, given):
        if module.training and given.get('data_samples'):
            self.labels = labels_of(given['data_samples'])
            numbers = self.groups.to(given['inputs'].device)[self.labels]
            tell_groups(given['inputs'], Groups(numbers, self.count))

    def note(self, backbone, inputs, outputs):
        if self.labels is not None:
            self.means.add(feature(backbone, outputs).detach(), self.labels)
            self.labels = None

    def after_train_epoch(self, runner):
        self.group(self.means)
        self.means = ClassMeans(self.classes)

    def after_train(self, runner):
        for handle in self.handles:
            handle.remove()

    def before_save_checkpoint(self, runner, checkpoint):
        checkpoint['guide'] = {name: getattr(self, name) for name in NAMES}

    def after_load_checkpoint(self, runner, checkpoint):
        if runner._resume:
            for name in NAMES:
                setattr(self, name, checkpoint.get('guide', {}).get(name))


def guided_backbones(model):
    """The backbones with a GuidedPrompt."""
    return [backbone for backbone in prompted_backbones(model).values()
            if any(isinstance(method, GuidedPrompt) for method in methods_of(backbone.tuning))]


def feature(backbone, outputs):
    """(B, C) of what the backbone gave."""
    return feature_of(outputs, class_token='class token' in backbone.host.gives)


def labels_of(samples):
    """(B,), the label of each image.

    Raises:
        UsageError: an image that has none, or several.
    """
    labels = [sample.get('gt_label') for sample in samples]
    if any(label is None or label.numel() != 1 for label in labels):
        raise UsageError('GuidedPrompt needs one label for each image, and a training image has none or several: take '
                         'DeepPrompt.')
    return torch.cat([label.reshape(1) for label in labels])
