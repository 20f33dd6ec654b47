"""What the tasks share in colour: pictures are mixed of two, and none can be recognised by its mean."""
import cv2
import numpy as np

SIZE = 64            # pixels a side
MEANS = (80, 176)    # of a channel of a finished image, of 255
GRAIN = 3            # standard deviation of a camera's noise, of 255


def two_colours(*, rng, apart=70):
    """Two RGB colours, of which at least one channel differs by ``apart`` or more."""
    while True:
        first, second = rng.uniform(0, 255, (2, 3))
        if np.abs(first - second).max() >= apart:
            return first, second


def mix(share, *, rng, apart=70):
    """(H, W) in 0..1 between two random colours: (H, W, 3)."""
    return blend(share, *two_colours(rng=rng, apart=apart))


def blend(share, first, second):
    """(H, W) in 0..1, of the second colour: (H, W, 3)."""
    return cv2.merge([one + share * (other - one) for one, other in zip(first, second)])


def neutralise(image, *, rng):
    """Move the mean of each channel to a random place and add grain: (H, W, 3) float to uint8."""
    spread = image.astype(np.float32) - image.mean((0, 1), dtype=np.float32)
    # So low that hardly a value is clipped, which would shift the mean.
    gain = min(1, 75 / max(np.abs(spread).max(), 1) * rng.uniform(1, 1.5))
    image = GRAIN * rng.standard_normal(image.shape, np.float32)
    image += np.float32(gain) * spread + rng.uniform(*MEANS, 3).astype(np.float32)
    return image.clip(0, 255).round().astype(np.uint8)


def flip(image, *, rng):
    """One of the eight symmetries of a square."""
    image = np.rot90(image, rng.integers(4))
    return image[:, ::-1] if rng.random() < 0.5 else image
