"""WordsHead: classes by name, told from an image by the text tower."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.registry import DATASETS, MODELS
from mmpretrain.models.heads import ClsHead, LinearClsHead
from torch import Tensor, nn

from ..errors import UsageError, require_counts
from ..layers.kept import Kept
from ..layers.precision import autocast_dtype
from ..tuning.tokens import plain_name


@MODELS.register_module()
class WordsHead(ClsHead):
    """Scores as scaled cosines between an image and the texts of class names (Radford et al. 2021, section 3.1).

    What learns, if anything, is the text tower's tuning method. Where that is nothing, texts are computed once; at
    inference they are kept until what was learned changes.

    Args:
        text: config of a text tower with ``image_width``; frozen as a whole by default.
        classes: names by label; a path to a file with a name a line; the name of a dataset whose class lists them, as
            in dict(dataset='mmpretrain.CIFAR10'); or None: then :class:`~vpt_mm.engine.ClassNamesHook` takes those of
            the run's data.
        templates: sentences with {} for the name, whose features are averaged. A learned context replaces them.
        chunk: texts that are computed at once.
        head: arguments of mmpretrain's ``ClsHead``.

    Raises:
        UsageError: a tower without ``image_width``, a template without one {}, two classes of one name, a file or a
            dataset without names, a name that leaves no room.
    """

    def __init__(self, *, text: Mapping[str, Any], classes: Any = None,
                 templates: Sequence[str] = ('a photo of a {}.',), chunk: int = 256, **head: Any) -> None:
        super().__init__(**head)
        require_counts(chunk=chunk)
        self.templates = [templates] if isinstance(templates, str) else list(templates)
        wrong = [template for template in self.templates if template.count('{}') != 1]
        if wrong or not self.templates:
            raise UsageError(f'WordsHead: templates need one {{}} each, for the name of a class, got '
                             f'{wrong or self.templates}.')
        self.text: Any = MODELS.build(dict(dict(type='PromptedTextTower', tuning=dict(type='LinearProbe')), **text))
        if self.text.image_projection is None:
            raise UsageError('WordsHead compares texts to images: set image_width of its text tower to the width of '
                             'the backbone, such as 768 for ViT-B.')
        self.chunk, self.kept, self.names = chunk, Kept(), list[str]()
        if classes is not None:
            self.name_classes(read_names(classes))

    def name_classes(self, names: Sequence[str]) -> None:
        """Tell these classes apart from now on; what was learned stays.

        Raises:
            UsageError: two classes of one name, or a name that leaves no room.
        """
        require_different(names)
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

    def train(self, mode: bool = True) -> WordsHead:
        super().train(mode)
        self.kept.clear()
        return self

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Scores (B, K) of the backbone's feature (B, image_width), the last of a tuple."""
        images = self.pre_logits(feats)
        return self.text.scores(images, self.text_features(images))

    def text_features(self, images: Tensor) -> Tensor:
        """(K, features), or (B, K, features) where they depend on the images (B, image_width)."""
        if not self.names:
            raise UsageError('WordsHead has no classes yet: set its classes, or add ClassNamesHook to custom_hooks, '
                             'which takes those of the data.')
        if self.text.sees_images:
            return self.text.features_of(self.texts[0], images=self.text.direction(images), chunk=self.chunk)
        if self.text.learns and torch.is_grad_enabled():
            return self.averaged()
        parameters = list(self.text.parameters())
        return self.kept.get('texts', torch.no_grad()(self.averaged), given=(
            *self.names, autocast_dtype(images)), frozen=[one for one in parameters if not one.requires_grad],
            learned=[one for one in parameters if one.requires_grad])

    def averaged(self) -> Tensor:
        """(K, features): unit vectors of each template's texts, averaged."""
        return average([self.text.features_of(texts, chunk=self.chunk) for texts in self.texts])

    @torch.no_grad()
    def bake(self) -> BakedWordsHead:
        """A linear head with the same scores, for which no text tower is needed.

        Raises:
            UsageError: no classes yet, or texts that depend on the image.
        """
        if self.text.sees_images:
            raise UsageError('ConditionalContext makes other texts for every image, which no linear head does: bake a '
                             'ContextPrompt, or keep the text tower.')
        projection = self.text.image_projection
        texts = F.normalize(self.text_features(projection.weight), dim=-1)
        baked = BakedWordsHead(num_classes=len(texts), in_channels=texts.shape[1], width=projection.in_features,
                               topk=self.topk, cal_acc=self.cal_acc)
        baked = baked.to(texts)
        baked.projection.weight.copy_(projection.weight)
        baked.fc.weight.copy_(self.text.logit_scale.exp() * texts)
        baked.fc.bias.zero_()
        return baked


@MODELS.register_module()
class BakedWordsHead(LinearClsHead):
    """What is left of a :class:`WordsHead` whose words are settled: a linear layer on the image's unit vector.

    Args:
        width: channels of the backbone's feature, which ``projection`` leads to ``in_channels``.
        head: arguments of mmpretrain's ``LinearClsHead``.
    """

    def __init__(self, *, width: int, **head: Any) -> None:
        super().__init__(**head)
        self.projection = nn.Linear(width, self.in_channels, bias=False)

    def pre_logits(self, feats: tuple[Tensor, ...]) -> Tensor:
        return F.normalize(self.projection(feats[-1]), dim=-1)


def average(features: Sequence[Tensor]) -> Tensor:
    """The mean (K, D) of several texts' features (K, D) for each class, as unit vectors."""
    return torch.stack([F.normalize(one, dim=-1) for one in features]).mean(dim=0)


def read_names(classes: Any) -> list[str]:
    """Names of classes from a list, a file with a name a line, or the class of a dataset.

    Raises:
        UsageError: none of these.
    """
    if isinstance(classes, Mapping):
        return _names_of_dataset(classes)
    if isinstance(classes, (str, Path)):
        path = Path(classes).expanduser()
        if not path.is_file():
            raise UsageError(f'classes must be names, or a file with a name a line, and there is no file {path}.')
        classes = [line.strip() for line in path.read_text(encoding='utf-8').splitlines() if line.strip()]
    if not isinstance(classes, (list, tuple)) or not classes or not all(isinstance(name, str) for name in classes):
        raise UsageError(f'classes must be names, at least one, got {classes!r}.')
    return list(classes)


def _names_of_dataset(classes: Mapping[str, Any]) -> list[str]:
    kind = DATASETS.get(classes['dataset']) if set(classes) == {'dataset'} else None
    names = (getattr(kind, 'METAINFO', None) or {}).get('classes')
    if not names:
        raise UsageError(f"classes as dict(dataset=...) needs a dataset whose class lists its classes, got {classes}: "
                         'give the names, or None and ClassNamesHook, which takes those of the data.')
    return list(names)


def require_different(names: Sequence[str]) -> None:
    """Raise UsageError where two classes have one name, whatever its case and underscores."""
    known: dict[str, str] = {}
    for name in names:
        plain = plain_name(name)
        if plain in known:
            raise UsageError(f'classes must have different names, got {known[plain]!r} and {name!r}: no text '
                             'tells them apart. Rename one by what it shows.')
        known[plain] = name
