"""ServedTask: prompts and heads of one task file on a shared backbone."""
import copy
import threading
from collections import OrderedDict

import numpy as np
import torch

from ..errors import UsageError, some, telling
from ..models.class_texts import renamed, texts_in
from ..models.weightless import build_weightless
from ..tasks.build import backbone_config, build_heads, rehearse, scope_of
from ..tasks.preprocess import Preprocess
from ..tasks.task_file import name_of, names_of, read_task
from ..tasks.words import text_prefix
from ..weights.state import TUNING, compare_state, not_finite
from .shared import borrowed  # noqa: F401  (registers the stand-in)
from .shared.backbone import PREFIX
from .shared.mixed import FORMS
from .shared.nested import one_of

MOST_TWINS = 8  # of a task for other classes, whose texts are kept
UNUSED = ('auxiliary_head.', 'data_preprocessor.')  # of a model's state at inference


class ServedTask:
    """What a task file holds, ready to compute on a shared backbone.

    Args:
        path: a task file (vpt-mm publish) or a checkpoint of ``PromptCheckpointHook``; or the bytes of a task file.
        name: that requests use.
        shared: the :class:`SharedBackbone`.

    Attributes:
        mixes: whether its images share a forward pass with those of other tasks: methods that only add prompts or
            nothing do, on a ViT or a Swin. Others (LoRA, adapters, biases, prompts in pixels) have a pass of their own.
        kind: 'classification' or 'segmentation'.
        classes: their names, by label.
        origin: the task itself; of a task with other names (:meth:`named`), the one that it was made of.
        first_label: number of the first class in label maps, as in the masks that it was trained on.
        palette: a colour for each class.
        base: the name that the file gives to the weights of its backbone.
        nbytes: of the task's own tensors.

    Raises:
        UsageError: not a task, for another backbone, neither a classifier nor a segmentor, or damaged.
    """

    def __init__(self, path, name, shared):
        said, state = read_task(path)
        model = said['model']
        self.name, self.path, self.shared, self.gone = name, name_of(path), shared, False
        self.kind, self.base = model['kind'], names_of(said['base'])
        # Copies: how tensors in a file are aligned depends on its header, and on that the last bit of a product.
        state = {key: tensor.to(shared.device, copy=True) for key, tensor in state.items()
                 if not key.startswith(UNUSED)}
        with telling(f'{self.path} describes a model that cannot be built'):
            with scope_of(self.kind):
                lent, digests = self._lend_texts(model)
                own = self._build_backbone(model, said, state, digests)
                self.model = self._build_model(model, state, lent, said['classes'])
            self.pipeline = Preprocess(model['input']['steps'], self.kind, floats=model['input']['floats'])
        self.classes = tuple(said['classes']) or tuple(map(str, range(model['head']['num_classes'])))
        self.first_label = model.get('first_label', 0)
        self.palette = [tuple(colour) for colour in model.get('palette') or _draw_palette(len(self.classes))]
        self.nbytes = sum(tensor.nbytes for tensor in [*own, *(
            tensor for key, tensor in self.model.state_dict().items() if key not in lent)])
        self.origin, self.twins, self.naming = self, OrderedDict(), threading.Lock()

    def _lend_texts(self, model):
        """{key: tensor} of the frozen text tower that the task's head reads, and {key: digest}; both may be empty."""
        prefix = text_prefix(model['head'])
        if not prefix:
            return {}, {}
        view = build_weightless(dict(model['head']['text'], type='PromptedTextTower'))
        weights = self.shared.texts.weights(model['head']['text'])
        return ({prefix + key: weights[key] for key in view.frozen_keys},
                self.shared.texts.frozen_digests(weights, view.frozen_weights, prefix))

    def _build_backbone(self, model, said, state, texts):
        """The tuning method, and the whole backbone where the method is more than prompts; its own tensors."""
        built = backbone_config(model)
        stored = built.pop('frozen_dtype', None)
        self.shared.require_settings(built, self.name)
        view = build_weightless(built)
        self.shared.require_weights(view, dict(vpt_mm=said), self.name, stored=stored, texts=texts)
        own = {key.removeprefix(PREFIX): tensor for key, tensor in state.items() if key.startswith(PREFIX)}
        frozen = set(view.frozen_keys)
        own = {key: tensor for key, tensor in own.items() if key not in frozen}
        _require_fit(view, own, self.path, without=frozen)
        self.outputs = getattr(view, 'outputs', [])
        self.mixes = bool(view.tuning.mixes and self.outputs and not view.trained
                          and FORMS.issuperset(output.form for output in self.outputs))
        self.queried, self.query_width = (view.queried, view.query_width) if self.mixes else (None, None)
        if self.mixes:
            self.tuning, self.view = view.tuning, None
            self.tuning.load_state_dict({key.removeprefix(TUNING): tensor for key, tensor in own.items()},
                                        assign=True)
            self.tuning.eval().requires_grad_(False)
        else:
            if self.shared.frozen_dtype:
                view = build_weightless(dict(built, frozen_dtype=self.shared.frozen_dtype))
            self.view = self.shared.lend_weights(view, own)
            self.tuning = self.view.tuning
        return list(own.values())

    def _build_model(self, model, state, lent, classes):
        """The task's classifier or segmentor, without its backbone, and with the text tower that is ``lent`` to it."""
        own = {key: tensor for key, tensor in state.items() if not key.startswith(PREFIX) and key not in lent}
        stand_in = dict(type='BorrowedFeatures')
        built = build_heads(model, backbone=stand_in, classes=classes)  # sizes are compared before memory is taken
        _require_fit(built, own, self.path, without=lent)
        rehearse(built, model, size=self.shared.model.host.image_size)
        own.update(lent)
        own.update({key: torch.zeros((), dtype=torch.long) for key in built.state_dict() if key not in own})
        built.load_state_dict(own, assign=True)
        if any(tensor.is_meta for tensor in (*built.parameters(), *built.buffers())):  # buffers outside the state
            built = build_heads(model, backbone=stand_in, classes=classes, weights=True)
            built.load_state_dict(own, assign=True)
        built.to(self.shared.device).eval()  # returns nothing in mmpretrain
        return built.requires_grad_(False)

    @property
    def members(self):
        return (self,)

    def named(self, names):
        """The same task for other classes, known by their names: what it learned stays, and its prompts are shared.

        Args:
            names: of the classes; as many as one likes.

        Raises:
            UsageError: a task that knows its classes by number, too few names, two that are one, or one that is too
                long.
        """
        names = tuple(names)
        with self.origin.naming:
            twins = self.origin.twins
            if names not in twins:
                twins[names] = self._name(names)
                while len(twins) > MOST_TWINS:
                    twins.popitem(last=False)
            twins.move_to_end(names)
            return twins[names]

    @property
    def takes_names(self):
        """Whether :meth:`named` does."""
        texts = texts_in(self.model)
        return texts is not None and texts.takes_any_names

    def _name(self, names):
        texts = texts_in(self.model)
        if not self.takes_names:
            reason = 'its head has numbers for them' if texts is None else 'each has vectors of its own'
            raise UsageError(f'{self.name} knows its own {len(self.classes)} classes alone: {reason}. Names can be '
                             'asked of a task with a WordsHead or WordsDecodeHead whose vectors all classes share, '
                             'as it was before it was baked.')
        twin = copy.copy(self.origin)
        twin.model, twin.classes = renamed(self.model, names), names
        twin.palette = [tuple(colour) for colour in _draw_palette(len(names))]
        return twin

    def prepare(self, image):
        """(H, W, 3) BGR uint8 to what the backbone sees, (1, 3, h, w), and its data sample; errors of `transform`."""
        return self.normalise(*self.transform(image))

    def transform(self, image):
        """(H, W, 3) BGR uint8 to what the pipeline makes of it, (3, h, w), and its data sample.

        Raises:
            UsageError: the pipeline does not take an image of this size.
        """
        height, width = image.shape[:2]
        with telling(f'the pipeline of {self.name} does not take an image of {width}x{height} pixels'):
            return self.pipeline(image)

    def normalise(self, inputs, sample):
        """(3, h, w) of the pipeline to (1, 3, h, w) as the backbone sees it, and its data sample."""
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


def _require_fit(model, state, path, *, without=frozenset()):
    """Raise UsageError unless all of the model's state, ``without`` some keys, is there, finite, and nothing else."""
    own = {key: tensor for key, tensor in model.state_dict().items() if key not in without}
    difference = compare_state(state, own, exact=True).describe()
    if difference:
        raise UsageError(f'{path} does not hold what it says: {difference}.')
    broken = not_finite(state)
    if broken:
        raise UsageError(f'a task has finite values; {path} has NaN or infinite ones in {some(broken)}.')


def _draw_palette(count):
    return np.random.default_rng(42).integers(0, 256, (count, 3)).tolist()
