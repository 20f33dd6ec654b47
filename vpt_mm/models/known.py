"""Plain features of images that were seen before: who an image is travels with its pixels."""
from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

TAG = 'vpt_mm_identities'  # attribute of a batch of images


class Identities(NamedTuple):
    """Who the images of a batch are, and what is known of such.

    Attributes:
        names: of each image, which looks the same whenever it has this name.
        features: {name: plain feature (Q,)}, which grows.
    """

    names: Sequence[Hashable]
    features: dict[Hashable, Tensor]


def identify(images: Tensor, names: Sequence[Hashable], features: dict[Hashable, Tensor]) -> None:
    """Say who the images (B, 3, H, W) are; what is computed of them has forgotten it."""
    setattr(images, TAG, Identities(names, features))


def known_or(compute: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Plain features (B, Q): of images without identity computed, of others looked up, once they were computed."""
    told: Any = getattr(images, TAG, None)
    if told is None:
        return compute(images)
    new = [place for place, name in enumerate(told.names) if name not in told.features]
    if new:
        made = compute(images if len(new) == len(images) else images[new])
        told.features.update(zip([told.names[place] for place in new], made))
    return torch.stack([told.features[name] for name in told.names])
