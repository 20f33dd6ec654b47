"""ClassTexts: what recognises classes by their names, and the texts that a frozen tower makes of them."""
from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor, nn

from ..errors import UsageError, require_counts
from ..layers.kept import Kept
from ..layers.precision import autocast_dtype
from ..mixin import Mixin
from .class_names import read_names, require_different
from .openmmlab import head_of, unwrap

ONE = ('a photo of a {}.',)  # template of Radford et al. 2021, section 3.1.4


class ClassTexts(Mixin):
    """Mixin of heads: the text features of their classes, one home for images and pixels.

    Where nothing learns, texts are computed once; at inference they are kept until what was learned changes.

    Attributes:
        text: the text tower.
        names: of the classes, by label; none until they are named.
    """

    fewest = 1  # classes that can be told apart

    def build_texts(self, text: Mapping[str, Any], *, classes: Any = None, templates: Sequence[str] = ONE,
                    chunk: int = 256) -> None:
        """Build the tower; once, at construction. Arguments are those of :class:`WordsHead`."""
        require_counts(chunk=chunk)
        self.templates = [templates] if isinstance(templates, str) else list(templates)
        wrong = [template for template in self.templates if template.count('{}') != 1]
        if wrong or not self.templates:
            raise UsageError(f'{type(self).__name__}: templates need one {{}} each, for the name of a class, got '
                             f'{wrong or self.templates}.')
        self.text: Any = MODELS.build(dict(dict(type='PromptedTextTower', tuning=dict(type='LinearProbe')), **text))
        self.chunk, self.kept, self.names = chunk, Kept(), list[str]()
        if classes is not None:
            self.name_classes(read_names(classes))

    def name_classes(self, names: Sequence[str]) -> None:
        """Tell these classes apart from now on; what was learned stays.

        Raises:
            UsageError: too few, two classes of one name, or a name that leaves no room.
        """
        require_different(names)
        if len(names) < self.fewest:
            raise UsageError(f'{self.fewest} classes or more are told apart here, got {list(names)}: name what else '
                             'there is, such as the background.')
        context = self.text.context_prompt
        self.texts = [self.text.texts_of(names, template) for template in self.templates[:1 if context else None]]
        self.names = list(names)

    @property
    def takes_any_names(self) -> bool:
        """Whether what is learned serves classes of any names: no class has vectors of its own."""
        context = self.text.context_prompt
        return context is None or context.classes is None

    @property
    def num_classes(self) -> int:
        return len(self.names)

    def train(self, mode: bool = True) -> Any:
        super().train(mode)
        self.kept.clear()
        return self

    def text_features(self, images: Tensor) -> Tensor:
        """(K, features), or (B, K, features) where they depend on the images (B, image_width)."""
        if not self.names:
            raise UsageError(f'{type(self).__name__} has no classes yet: set its classes, or add ClassNamesHook to '
                             'custom_hooks, which takes those of the data.')
        if self.text.sees_images:
            return self.text.features_of(self.texts[0], images=self.text.direction(images), chunk=self.chunk)
        if self.text.learns and torch.is_grad_enabled():
            return self.averaged()
        parameters = list(self.text.parameters())
        return self.kept.get('texts', torch.no_grad()(self.averaged), given=(
            *self.names, autocast_dtype(images)), frozen=[one for one in parameters if not one.requires_grad],
            learned=[one for one in parameters if one.requires_grad])

    @property
    def due(self) -> int:
        """Tokens that pass through the tower before one more image, at inference, has its scores."""
        kept = self.kept.held and not self.text.sees_images
        return 0 if kept else sum(texts.ids.numel() for texts in self.texts)

    def averaged(self) -> Tensor:
        """(K, features): unit vectors of each template's texts, averaged."""
        return average([self.text.features_of(texts, chunk=self.chunk) for texts in self.texts])

    @torch.no_grad()
    def settled(self, projection: Tensor) -> Tensor:
        """(K, features), by which unit vectors are multiplied for the same scores, once the words are settled.

        Args:
            projection: weights of what leads to the texts, for their type and device.

        Raises:
            UsageError: no classes yet, or texts that depend on the image.
        """
        if self.text.sees_images:
            raise UsageError('ConditionalContext makes other texts for every image, which no linear head does: bake a '
                             'ContextPrompt, or keep the text tower.')
        return self.text.logit_scale.exp() * F.normalize(self.text_features(projection), dim=-1)


def average(features: Sequence[Tensor]) -> Tensor:
    """The mean (K, D) of several texts' features (K, D) for each class, as unit vectors."""
    return torch.stack([F.normalize(one, dim=-1) for one in features]).mean(dim=0)


def texts_in(model: nn.Module) -> Any:
    """What recognises the classes of a model by name (:class:`ClassTexts`); None where nothing does."""
    head = head_of(model)
    return next((part for part in (head, getattr(head, 'conv_seg', None)) if isinstance(part, ClassTexts)), None)


def name_classes(model: nn.Module, names: Sequence[str]) -> None:
    """Tell these classes apart from now on, without training: of images or of pixels.

    Args:
        model: a classifier with a ``WordsHead``, or a segmentor with a ``WordsDecodeHead``.

    Raises:
        UsageError: another model, too few classes, two of one name, or a name that leaves no room.
    """
    texts, model = texts_in(model), unwrap(model)
    if texts is None:
        raise UsageError(f'classes are named for a WordsHead or a WordsDecodeHead, and this model has '
                         f'{type(head_of(model)).__name__}.')
    texts.name_classes(names)
    for part in (model, head_of(model)) if texts is not head_of(model) else ():
        part.num_classes = part.out_channels = len(names)  # by which mmseg makes room for scores


def renamed(model: Any, names: Sequence[str]) -> Any:
    """A copy of a model that tells these classes apart; it shares all tensors, and raises as :func:`name_classes` does.
    """
    twin = _twin_of(model)
    name_classes(twin, names)
    return twin


def bake(model: Any) -> Any:
    """A copy of a model with a linear layer, which gives the same scores, for its text tower; the rest is shared.

    Raises:
        UsageError: a model that recognises no classes by name, no classes yet, or texts that depend on the image.
    """
    if texts_in(model) is None:
        raise UsageError('a WordsHead or a WordsDecodeHead is baked, and this model has '
                         f'{type(head_of(model)).__name__}.')
    twin = _twin_of(model)
    texts, head = texts_in(twin), head_of(twin)
    owner, place = (twin, 'head') if texts is head else (head, 'conv_seg')
    setattr(owner, place, texts.bake().train(texts.training))
    return twin


def _twin_of(model: Any) -> Any:
    """A copy of a model whose head, and what it recognises classes by, are its own, around the same tensors."""
    twin, head, texts = _twin(unwrap(model)), head_of(model), texts_in(model)
    if texts is head:
        twin.head = _twin(head)
    else:
        own, heads = _twin(head), twin.decode_head
        own.conv_seg = _twin(texts)
        twin.decode_head = nn.ModuleList([*heads[:-1], own]) if isinstance(heads, nn.ModuleList) else own
    texts_in(twin).kept = Kept()
    return twin


def _twin(module: Any) -> Any:
    """A copy with the same parts, which can be replaced in it alone."""
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    return twin
