"""Task: prompts and heads of one task file on a shared backbone."""
import threading

import torch
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS, DefaultScope

from ..errors import UsageError
from ..models.weightless import build_weightless
from ..tasks.config_text import read_config, require_registered
from ..weights.files import load_from_disk
from .shared import borrowed  # noqa: F401  (registers the stand-in)
from .shared.backbone import PREFIX
from .shared.mixed import can_mix
from .shared.nested import one_of
from .shared.reading import Reading
from .shared.recipe import build_pipeline, first_label, kind_of, labels_of, require_fit, require_loader, without

BUILDING = threading.Lock()  # mmengine's default scope is one for all threads
UNUSED = ('auxiliary_head.', 'data_preprocessor.')  # of a model's state at inference


class Task:
    """What a task file holds, ready to compute on a shared backbone.

    Args:
        path: a task file (tools/publish_task.py) or a checkpoint of ``PromptCheckpointHook``.
        name: that it is asked for by.
        shared: the :class:`SharedBackbone`.

    Attributes:
        mixes: whether its images share a forward pass with those of other tasks: methods that only bring prompts or
            nothing do, on a ViT or a Swin. Others (LoRA, adapters, biases, prompts in pixels) have a pass of their own.
        kind: 'classification' or 'segmentation'.
        classes: their names, by label.
        first_label: number of the first class in label maps, as in the masks that it was trained on.
        palette: a colour for each class.
        nbytes: of the task's own tensors.

    Raises:
        UsageError: not a task, for another backbone, neither a classifier nor a segmentor, or damaged.
    """

    def __init__(self, path, name, shared):
        found = load_from_disk(str(path))
        meta = found.get('meta', {})
        if 'state_dict' not in found or 'vpt_mm' not in meta or 'cfg' not in meta:
            raise UsageError(f'{path} is neither a task file nor a checkpoint of PromptCheckpointHook.')
        self.name, self.path, self.shared, self.gone = name, str(path), shared, False
        config = read_config(meta['cfg'])
        self.kind = kind_of(config, path)
        self.drawing, self.visualizer = threading.Lock(), None
        state = {key: tensor.to(shared.device) for key, tensor in found['state_dict'].items()
                 if not key.startswith(UNUSED)}
        try:
            with BUILDING, DefaultScope.overwrite_default_scope(
                    'mmseg' if self.kind == 'segmentation' else 'mmpretrain'):
                own = self._build_backbone(config, meta, state)
                self.model = self._build_model(config, state)
                require_loader(config, path)
                self.pipeline = build_pipeline(config)
                self.first_label = first_label(config)
                self.classes, self.palette = labels_of(config, meta, self.model)
        except UsageError:
            raise
        except Exception as error:  # a file can name arguments that raise anything
            raise UsageError(f'{path} has a config that can not be built: {type(error).__name__}: {error}') from error
        self.nbytes = sum(tensor.nbytes for tensor in [*own, *self.model.state_dict().values()])

    def _build_backbone(self, config, meta, state):
        """The tuning method, and the whole backbone where the method is more than prompts; its own tensors."""
        self.shared.require_settings(config.model['backbone'], self.name)
        built = without(dict(config.model['backbone']), 'init_cfg', 'frozen_dtype')
        built['tuning'] = without(built.get('tuning'), 'prototypes')  # the file has the prompts themselves
        require_registered(built)
        view = build_weightless(built)
        if view.tuning is None:
            raise UsageError(f'{self.path} was trained without a tuning method.')
        self.shared.require_weights(view, meta, self.name, stored=config.model['backbone'].get('frozen_dtype'))
        own = {key.removeprefix(PREFIX): tensor for key, tensor in state.items() if key.startswith(PREFIX)}
        own = {key: tensor for key, tensor in own.items() if key not in set(view.frozen_keys)}
        needed = [key for key in view.state_dict() if key not in set(view.frozen_keys)]
        require_fit(view, own, needed, self.path)
        self.reading = Reading.of(view)
        self.mixes = (can_mix(self.shared.model, view.tuning) and not view.trained
                      and self.reading.out_type in Reading.MIXING)
        if self.mixes:
            self.tuning, self.view = view.tuning, None
            self.tuning.load_state_dict({key.removeprefix('tuning.'): tensor for key, tensor in own.items()},
                                        assign=True)
            self.tuning.eval().requires_grad_(False)
        else:
            if self.shared.frozen_dtype:
                view = build_weightless(dict(built, frozen_dtype=self.shared.frozen_dtype))
            self.view = self.shared.lend_weights(view, own)
            self.tuning = self.view.tuning
        return list(own.values())

    def _build_model(self, config, state):
        """The task's classifier or segmentor, without its backbone."""
        model = without(dict(config.model), 'backbone', 'auxiliary_head', 'data_preprocessor', 'train_cfg',
                         'pretrained', 'init_cfg')
        preprocessor = dict(config.model.get('data_preprocessor') or config.get('data_preprocessor') or {})
        if self.kind == 'classification':
            preprocessor.setdefault('type', 'ClsDataPreprocessor')
        preprocessor = without(preprocessor, 'batch_augments')
        require_registered([model, preprocessor])
        preprocessor = MODELS.build(preprocessor)
        own = {key: tensor for key, tensor in state.items() if not key.startswith(PREFIX)}
        model = dict(model, backbone=dict(type='BorrowedFeatures'), data_preprocessor=preprocessor)
        built = build_weightless(model)  # sizes are compared before memory is taken
        require_fit(built, own, list(built.state_dict()), self.path)
        own.update({key: torch.zeros((), dtype=torch.long) for key in built.state_dict() if key not in own})
        built.load_state_dict(own, assign=True)
        if any(tensor.is_meta for tensor in (*built.parameters(), *built.buffers())):  # buffers outside the state
            built = MODELS.build(model)
            built.load_state_dict(own, assign=True)
        built = revert_sync_batchnorm(built).to(self.shared.device)
        built.eval()  # returns nothing in mmpretrain
        return built.requires_grad_(False)

    @property
    def members(self):
        return (self,)

    def prepare(self, image):
        """(H, W, 3) BGR uint8 to what the backbone sees, (1, 3, h, w), and its data sample; errors of `transform`."""
        return self.preprocess(*self.transform(image))

    def transform(self, image):
        """(H, W, 3) BGR uint8 to what the pipeline makes of it, (3, h, w) uint8, and its data sample.

        Raises:
            UsageError: the pipeline does not take an image of this size.
        """
        height, width = image.shape[:2]
        try:
            data = self.pipeline(dict(img=image, img_shape=(height, width), ori_shape=(height, width), img_path=''))
        except Exception as error:  # transforms raise what their libraries do
            raise UsageError(f'the pipeline of {self.name} does not take an image of {width}x{height} pixels: '
                             f'{type(error).__name__}: {" ".join(str(error).split())}') from error
        return data['inputs'], data['data_samples']

    def preprocess(self, inputs, sample):
        """(3, h, w) uint8 to (1, 3, h, w) as the backbone sees it, and its data sample."""
        data = self.model.data_preprocessor(dict(inputs=[inputs], data_samples=[sample]), False)
        return data['inputs'], data['data_samples'][0]

    def windows(self, height, width):
        """Where the model's windows on (height, width) begin, from top and from left, and their (height, width)."""
        config = getattr(self.model, 'test_cfg', None) or {}
        if config.get('mode') != 'slide':
            return [0], [0], (height, width)
        tops, lefts = (_starts(size, crop, stride) for size, crop, stride in
                       zip((height, width), config['crop_size'], config['stride']))
        return tops, lefts, tuple(map(min, config['crop_size'], (height, width)))

    def crops(self, inputs):
        """The windows that the model passes to its backbone for ``inputs``, in order."""
        tops, lefts, (height, width) = self.windows(*inputs.shape[2:])
        return [inputs[:, :, top:top + height, left:left + width] for top in tops for left in lefts]

    @torch.no_grad()
    def finish(self, inputs, samples, features):
        """Data samples with the prediction, from features of the crops (each (B, ...), by crop)."""
        with self.model.backbone.lent(features):
            return self.model.predict(inputs, samples)

    @torch.no_grad()
    def run_alone(self, images):
        """Features of (B, 3, h, w) where the task does not mix: one pass of its own."""
        batch = self.view(images)
        return [one_of(batch, index) for index in range(len(images))]


def _starts(size, crop, stride):
    """Where windows begin along an axis, as in mmseg's ``slide_inference``."""
    count = max(size - crop + stride - 1, 0) // stride + 1
    return [max(min(index * stride + crop, size) - crop, 0) for index in range(count)]
