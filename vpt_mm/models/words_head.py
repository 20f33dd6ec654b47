"""WordsHead: classes by name, recognised in an image by the text tower."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from mmpretrain.models.heads import ClsHead, LinearClsHead
from torch import Tensor, nn

from ..errors import UsageError
from .class_texts import ONE, ClassTexts


@MODELS.register_module()
class WordsHead(ClassTexts, ClsHead):
    """Scores as scaled cosines between an image and the texts of class names (Radford et al. 2021, section 3.1).

    What learns, if anything, is the text tower's tuning method.

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

    def __init__(self, *, text: Mapping[str, Any], classes: Any = None, templates: Sequence[str] = ONE,
                 chunk: int = 256, **head: Any) -> None:
        super().__init__(**head)
        self.build_texts(text, classes=classes, templates=templates, chunk=chunk)
        if self.text.image_projection is None:
            raise UsageError('WordsHead compares texts to images: set image_width of its text tower to the width of '
                             'the backbone, such as 768 for ViT-B.')

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Scores (B, K) of the backbone's feature (B, image_width), the last of a tuple."""
        images = self.pre_logits(feats)
        return self.text.scores(images, self.text_features(images))

    @torch.no_grad()
    def bake(self) -> BakedWordsHead:
        """A linear head with the same scores, for which no text tower is needed.

        Raises:
            UsageError: no classes yet, or texts that depend on the image.
        """
        projection = self.text.image_projection
        texts = self.settled(projection.weight)
        baked = BakedWordsHead(num_classes=len(texts), in_channels=texts.shape[1], width=projection.in_features,
                               topk=self.topk, cal_acc=self.cal_acc)
        baked = baked.to(texts)
        baked.projection.weight.copy_(projection.weight)
        baked.fc.weight.copy_(texts)
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
