"""draw_samples(): a few of the images that were found, with what is known of them."""
import numpy as np

from ..datasets.background import background_of
from ..datasets.found.kinds import IGNORED, SEGMENT, Found
from ..datasets.found.writing import mask_of
from ..datasets.reading import SCENE_PIXELS, read_file
from ..errors import some
from ..picture import picture

SIDE = 512  # pixels, the longer side of an image in the picture
OPACITY = 0.55


def draw_samples(found: Found, out, *, count: int = 3) -> list[str]:
    """Write a picture of the first samples to train on that hold most classes; returns their images.

    Args:
        found: what was recognised, split.
        out: path, whose ending says the format.
        count: of samples.

    Raises:
        UsageError: as :func:`vpt_mm.picture.picture` says.
    """
    shown = _choose(found.part('train') or found.samples, count)
    colours = _colours(found)
    with picture(out, 1, len(shown), size=(3.4 * len(shown), 4), squeeze=False) as (figure, axes):
        seen = set()
        for cell, sample in zip(axes[0], shown):
            image = read_file(found.root / sample.image, most_pixels=SCENE_PIXELS)[..., ::-1]
            step = max(1, max(image.shape[:2]) // SIDE)
            image = image[::step, ::step]
            title = sample.image.rpartition('/')[2]
            if found.task == SEGMENT:
                mask = mask_of(found, sample)[::step, ::step]
                image, numbers = overlay(image, mask, colours, found.classes)
                seen |= numbers
            else:
                title += '\n' + (some([found.classes[number] for number in sorted(sample.present)], 3) or 'no class')
            cell.imshow(image)
            cell.set_title(title, fontsize=9)
            cell.axis('off')
        if seen:
            from matplotlib.patches import Patch
            figure.legend(handles=[Patch(facecolor=colours[number] / 255, label=found.classes[number])
                                   for number in sorted(seen)[:24]], loc='outside lower center', ncols=6, fontsize=8)
    return [sample.image for sample in shown]


def overlay(image, mask, colours, classes):
    """An image (H, W, 3) painted with a mask's classes, and the numbers that are painted: background stays as it is."""
    numbers = set(np.unique(mask).tolist()) - {IGNORED}
    painted = numbers - {*background_of(classes)}
    where = np.isin(mask, list(painted))
    mixed = image.astype(np.float32)
    mixed[where] += OPACITY * (colours[np.minimum(mask[where], len(colours) - 1)] - mixed[where])
    return mixed.round().astype(np.uint8), painted


def _choose(samples, count):
    """Samples that show as many classes as can be: each next one has most that those before have not."""
    samples, shown, seen = list(samples), [], set()
    while samples and len(shown) < count:
        best = max(range(len(samples)), key=lambda index: len(samples[index].present - seen))
        seen |= samples[best].present
        shown.append(samples.pop(best))
    return shown


def _colours(found):
    """RGB of each class, (C, 3): the table's, or colours as far apart as the number of classes allows."""
    if found.colours is not None:
        return np.array(found.colours, np.float32)
    from matplotlib import colormaps
    hues = np.arange(len(found.classes)) * 0.61803398875 % 1  # the golden ratio: neighbours differ most
    return 255 * colormaps['hsv'](hues)[:, :3].astype(np.float32)
