"""DomainWordsHead: a labelled source and an unlabelled target, learned by their words (DAPL, Ge et al. 2022)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.registry import MODELS
from torch import Tensor

from ..errors import UsageError
from ..layers.precision import autocast_dtype
from ..tuning.domain import SOURCE, DomainContext
from .class_texts import average
from .words_head import WordsHead


@MODELS.register_module()
class DomainWordsHead(WordsHead):
    """A :class:`WordsHead` over a ``DomainContext``, which predicts by the target's words.

    Images with a label are the source's, and learn by the source's words; those with the label -1 are the target's
    (:class:`~vpt_mm.datasets.SourceAndTarget`). Each of these learns, by the target's words, the class that the
    pretrained texts of ``templates`` give it, where their probability reaches the threshold; the loss is a mean over
    those that do, and 0 where none does. The logged ``confident`` is their share.

    Args:
        threshold: least probability of a pseudo label; 0.5 in the paper.
        target_weight: of the target's loss beside the source's; 1 in the paper.
        head: arguments of :class:`WordsHead`.

    Raises:
        UsageError: as :class:`WordsHead`; a threshold outside 0..1, a negative weight, or another context.
    """

    ignore_index = -1  # the label of an image without one

    def __init__(self, *, threshold: float = 0.5, target_weight: float = 1., **head: Any) -> None:
        if not 0 <= threshold <= 1 or not target_weight >= 0:
            raise UsageError('DomainWordsHead: threshold must be 0..1 and target_weight 0 or more, got '
                             f'{threshold} and {target_weight}.')
        self.threshold, self.target_weight = threshold, target_weight
        super().__init__(**head)

    def name_classes(self, names: Sequence[str]) -> None:
        if not isinstance(self.text.context_prompt, DomainContext):
            raise UsageError("DomainWordsHead needs words of two domains: set tuning=dict(type='DomainContext', "
                             'source=..., target=...) of its text tower, or take a WordsHead.')
        super().name_classes(names)
        self.source_texts = self.text.texts_of(names, domain=SOURCE)
        self.plain_texts = [self.text.plain_texts_of(names, template) for template in self.templates]

    def loss(self, feats: tuple[Tensor, ...], data_samples: Sequence[Any], **kwargs: Any) -> dict[str, Tensor]:
        """Losses of source and target, from the backbone's feature (B, image_width) and samples with ``gt_label``."""
        images = self.pre_logits(feats)
        labels = torch.cat([sample.gt_label for sample in data_samples])
        target = labels == self.ignore_index
        sure, guesses = self.zero_shot(images).softmax(dim=-1).max(dim=-1)
        kept = target & (sure >= self.threshold)

        def mean(scores: Tensor, labels: Tensor, chosen: Tensor) -> Tensor:  # 0 with a gradient where none is chosen
            return self.loss_module(scores, labels, weight=chosen, avg_factor=chosen.sum().clamp(min=1), **kwargs)

        source_scores, target_scores = (
            self.text.scores(images, self.text.features_of(texts, chunk=self.chunk))
            for texts in (self.source_texts, self.texts[0]))
        return dict(loss_source=mean(source_scores, labels.clamp(min=0), ~target),
                    loss_target=self.target_weight * mean(target_scores, guesses, kept),
                    confident=kept.sum() / target.sum().clamp(min=1))

    @torch.no_grad()
    def zero_shot(self, images: Tensor) -> Tensor:
        """Scores (B, K) of images by the pretrained texts of the templates."""
        features = self.kept.get('plain', self._plain, given=(*self.names, autocast_dtype(images)),
                                 frozen=[one for one in self.text.parameters() if not one.requires_grad])
        return self.text.scores(images, features)

    def _plain(self) -> Tensor:
        return average([self.text.plain_features_of(texts, chunk=self.chunk) for texts in self.plain_texts])
