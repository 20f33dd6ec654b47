"""words_decode_head(): classes of pixels by name, on top of any decoder of mmseg."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule, initialize
from mmengine.registry import MODELS
from torch import Tensor, nn

from ..errors import UsageError
from .class_texts import ONE, ClassTexts
from .text import unit

UNTOLD = 3  # classes that a decoder is built for until they are named: of one or two, mmseg makes something else


def words_decode_head(*, of: str, text: Mapping[str, Any], channels: int, classes: Any = None,
                      templates: Sequence[str] = ONE, chunk: int = 256, num_classes: int = UNTOLD,
                      **decoder: Any) -> Any:
    """A decode head of mmseg whose last layer recognises classes by their names (:class:`PixelTexts`).

    All else is that head's: its map, losses, sampling and prediction.

    Args:
        of: the decode head's class in mmseg, such as 'SETRUPHead', 'UPerHead' or 'FCNHead'.
        text: config of a text tower; frozen as a whole by default. A pixel's ``channels`` are led to the texts by a
            layer that learns, or by the file's own projection where ``image_width`` is set, which stays frozen.
        channels: of the decoder's map.
        classes: as for ``WordsHead``.
        templates: as for ``WordsHead``.
        chunk: texts that are computed at once.
        num_classes: of the training data, where the decoder's losses must know it; names count once there are some.
        decoder: its other arguments.

    Raises:
        UsageError: a decoder without a last layer of its own, scores of one channel, an ``image_width`` other than
            ``channels``, a context that depends on the image; or as ``WordsHead`` says.
    """
    if decoder.get('out_channels') is not None:
        raise UsageError(f'WordsDecodeHead gives a score for each name: leave out_channels={decoder["out_channels"]} '
                         'out, and name the background where there are two classes.')
    head = _build_decoder(of, channels=channels, num_classes=max(num_classes, UNTOLD), **decoder)
    head.conv_seg = PixelTexts(channels, text=text, classes=classes, templates=templates, chunk=chunk)
    head.num_classes = head.out_channels = head.conv_seg.num_classes or num_classes
    return head


def baked_words_decode_head(*, of: str, features: int, channels: int, num_classes: int, **decoder: Any) -> Any:
    """What is left of a ``WordsDecodeHead`` whose words are settled: a decode head that ends in convolutions.

    Args:
        of: the decode head's class in mmseg.
        features: channels of the space that texts and images shared.
        channels: of the decoder's map.
        num_classes: number of classes.
        decoder: its other arguments.
    """
    head = _build_decoder(of, channels=channels, num_classes=max(num_classes, UNTOLD), **decoder)
    head.conv_seg = BakedPixelTexts(channels, features, num_classes)
    head.num_classes = head.out_channels = num_classes
    return head


MODELS.register_module('WordsDecodeHead', module=words_decode_head)
MODELS.register_module('BakedWordsDecodeHead', module=baked_words_decode_head)


def _build_decoder(of: str, **decoder: Any) -> Any:
    head = MODELS.build(dict(decoder, type=of if '.' in of else f'mmseg.{of}'))
    if not isinstance(getattr(head, 'conv_seg', None), nn.Conv2d):
        raise UsageError(f'names take the place of the layer conv_seg of a decode head, and {of} has none: take '
                         'SETRUPHead, UPerHead, FCNHead or another head that ends in one.')
    if head.init_cfg:
        initialize(head, head.init_cfg)
        head.init_cfg = None  # later, mmseg's recipes for norms and conv_seg would reach into the text tower
    return head


class PixelTexts(ClassTexts, BaseModule):
    """Scores as scaled cosines between pixels and the texts of class names.

    Args:
        channels: of the map.
        text: config of a text tower.
        texts: arguments of :meth:`ClassTexts.build_texts`.
    """

    fewest = 2

    def __init__(self, channels: int, *, text: Mapping[str, Any], **texts: Any) -> None:
        super().__init__()
        self.build_texts(text, **texts)
        own = self.text.image_projection
        if self.text.sees_images:
            raise UsageError('ConditionalContext makes texts of the feature of an image, and pixels have none: take '
                             'ContextPrompt.')
        if own is not None and own.in_features != channels:
            raise UsageError(f"the file's own projection takes image_width={own.in_features} channels, and the decoder "
                             f'gives {channels}: set channels={own.in_features}, or leave image_width out for a '
                             'projection that learns.')
        self.projection = nn.Linear(channels, self.text.features, bias=False) if own is None else None

    def forward(self, feats: Tensor) -> Tensor:
        """Scores (B, K, h, w) of a map (B, channels, h, w)."""
        pixels = feats.movedim(1, -1)
        pixels = self.text.direction(pixels) if self.projection is None else unit(self.projection(pixels))
        return self.text.compare(pixels, self.text_features(pixels)).movedim(-1, 1)

    @torch.no_grad()
    def bake(self) -> BakedPixelTexts:
        """Convolutions with the same scores, for which no text tower is needed.

        Raises:
            UsageError: no classes yet.
        """
        projection = (self.text.image_projection if self.projection is None else self.projection).weight
        texts = self.settled(projection)
        baked = BakedPixelTexts(projection.shape[1], *texts.shape[::-1]).to(texts)
        baked.projection.weight.copy_(projection[:, :, None, None])
        baked.fc.weight.copy_(texts[:, :, None, None])
        return baked


class BakedPixelTexts(BaseModule):
    """A 1x1 convolution on the unit vectors of pixels.

    Args:
        channels: of the map, which ``projection`` leads to ``features``.
        features: channels of a unit vector.
        classes: number of classes.
    """

    def __init__(self, channels: int, features: int, classes: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(channels, features, 1, bias=False)
        self.fc = nn.Conv2d(features, classes, 1, bias=False)

    def forward(self, feats: Tensor) -> Tensor:
        """Scores (B, classes, h, w) of a map (B, channels, h, w)."""
        return self.fc(F.normalize(self.projection(feats), dim=1))
