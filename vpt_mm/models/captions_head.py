"""CaptionsHead: image and text tower learn together, each image by its caption."""
from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor

from ..errors import UsageError
from ..tuning.tokens import tokenize, trim
from .words_head import WordsHead

HIGHEST = math.log(100)  # scale of the cosines in CLIP (Radford et al. 2021, section 2.5)


@MODELS.register_module()
class CaptionsHead(WordsHead):
    """Contrastive pretraining (Radford et al. 2021, section 2.3): of a batch, which caption is of which image.

    Data samples have a ``caption``. At inference it is a :class:`WordsHead`.

    Args:
        text: config of a text tower with ``image_width``; all of it learns.
        head: arguments of :class:`WordsHead`.

    Raises:
        UsageError: as :class:`WordsHead`, a text tower with a tuning method, or data without captions.
    """

    def __init__(self, *, text: dict[str, Any], **head: Any) -> None:
        super().__init__(text=dict(dict(tuning=None), **text), **head)
        if self.text.tuning is not None:
            raise UsageError('CaptionsHead trains the whole text tower: leave tuning out of text, got '
                             f"{type(self.text.tuning).__name__}. A frozen tower's tuning is WordsHead's.")

    def loss(self, feats: tuple[Tensor, ...], data_samples: list[Any], **given: Any) -> dict[str, Tensor]:
        """The mean of two cross-entropies: of each image's caption among all, and of each caption's image."""
        captions = [sample.get('caption') for sample in data_samples]
        if not all(isinstance(caption, str) for caption in captions):
            raise UsageError("CaptionsHead needs a caption of each image: set meta_keys=('caption',) in the "
                             'PackInputs of a dataset that has captions, such as CaptionedSymbols.')
        texts = self.text(trim(tokenize(captions, self.text.context)).to(feats[-1].device))[0]
        with torch.no_grad():
            self.text.logit_scale.clamp_(max=HIGHEST)
        scores = self.text.scores(self.pre_logits(feats), texts)  # (B, B): images by captions
        own = torch.arange(len(scores), device=scores.device)
        return dict(loss=(F.cross_entropy(scores, own) + F.cross_entropy(scores.t(), own)) / 2)
