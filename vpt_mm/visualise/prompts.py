"""Pictures of what prompts do: who attends to them, which patches are like them, what frames they learned."""
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import torch

from ..config_file import MODEL, read_config_file
from ..datasets.reading import read_file
from ..errors import UsageError
from ..files import require_writable, write_whole
from ..models import PromptedViT
from ..models.build import build_model
from ..models.frozen import prompted_backbones
from ..models.openmmlab import normalisation_of, swaps_channels
from ..picture import picture
from ..tasks import load_task
from ..tuning.composed import methods_of
from .attention import see


def visualise(config, checkpoint, images, out, *, blocks=None, prompts=8, nearest=6):
    """Write the pictures that the tuning method of a trained model has; returns their paths.

    ``attention.png``: the share of each patch's attention that goes to prompts, a column for each block.
    ``nearest.png``: the patches of all images whose keys are most like those of a prompt, a row for each prompt.
    ``frame.png``: the learned pixels around a grey image.

    Args:
        config: path of the config.
        checkpoint: path of its checkpoint or task file.
        images: paths of images, resized to the backbone's ``img_size``.
        out: folder to write into.
        blocks: of the attention, counted from 1; the last of them is that of the nearest patches. By default four,
            evenly spread.
        prompts: number of prompts in ``nearest.png``.
        nearest: number of patches for each.

    Raises:
        UsageError: files that are missing or can't be written, a method without anything to draw, blocks outside
            the backbone.
    """
    require_writable(Path(out, 'attention.png'))
    model, backbone = _load(config, checkpoint)
    pixels = [_read(path, backbone.host.image_size) for path in images]
    Path(out).mkdir(parents=True, exist_ok=True)
    written = []
    if backbone.tuning.frame:
        written.append(_draw_frame(model, backbone, Path(out, 'frame.png')))
    if isinstance(backbone, PromptedViT) and pixels and not backbone.tuning.frame:
        seen, size = see(backbone, _normalise(model, pixels))
        chosen = _choose(blocks, list(seen))
        written.append(_draw_attention(pixels, seen, size, chosen, Path(out, 'attention.png')))
        written.append(_draw_nearest(pixels, seen[chosen[-1]].likeness(), size, Path(out, 'nearest.png'),
                                     block=chosen[-1], prompts=prompts, nearest=nearest))
    if not written:
        kinds = ', '.join(type(method).__name__ for method in methods_of(backbone.tuning))
        raise UsageError(f'there is nothing to draw for {kinds} in a {type(backbone).__name__}: '
                         f'frames are drawn of PixelPadPrompt, attention and nearest '
                         'patches of prompts in a PromptedViT, for which images are needed.')
    return written


def _load(path, checkpoint):
    config = read_config_file(path, needs=MODEL)
    model = build_model(config)
    backbones = list(prompted_backbones(model).values())
    if not backbones:
        raise UsageError(f'{path} has no backbone with a tuning method: set tuning=dict(...) on a Prompted backbone.')
    load_task(model, checkpoint)
    return model, backbones[0]


def _read(path, size):
    """(H, W, 3) BGR uint8 at the backbone's size."""
    return cv2.resize(read_file(path), size[::-1])


def _normalise(model, pixels):
    """(B, 3, H, W), as the data preprocessor makes them."""
    inputs = [torch.from_numpy(image).permute(2, 0, 1) for image in pixels]
    return model.data_preprocessor(dict(inputs=inputs, data_samples=None))['inputs']


def _choose(blocks, known):
    """Blocks that see prompts."""
    if blocks is None:
        return sorted({known[round(place)] for place in np.linspace(0, len(known) - 1, 4)})
    strange = [block for block in blocks if block not in known]
    if strange:
        raise UsageError(f'blocks must be among those that see prompts, {known}, got {strange}.')
    return list(blocks)


def _draw_attention(pixels, seen, size, blocks, path):
    """A row for each image, a column for each block."""
    shares = {block: seen[block].share_of_prompts().unflatten(1, size) for block in blocks}
    most = max(share.max().item() for share in shares.values())
    with _cells(path, len(pixels), 1 + len(blocks)) as (figure, axes):
        for row, (image, line) in enumerate(zip(pixels, axes)):
            line[0].imshow(image[..., ::-1])
            for cell, block in zip(line[1:], blocks):
                shown = cell.imshow(shares[block][row], vmin=0, vmax=most, cmap='magma')
                if row == 0:
                    cell.set_title(f'block {block}')
        figure.colorbar(shown, ax=axes, label="share of a patch's attention that goes to prompts", shrink=0.8)
    return path


def _draw_nearest(pixels, likeness, size, path, *, block, prompts, nearest):
    """A row for each prompt: the patches most like it, of all images."""
    likeness = likeness[:, :prompts].transpose(0, 1).flatten(1)  # (prompts, images * patches)
    values, places = likeness.topk(min(nearest, likeness.shape[1]))
    with _cells(path, len(values), values.shape[1], side=1.1) as (figure, axes):
        for prompt, line in enumerate(axes):
            for cell, value, place in zip(line, values[prompt].tolist(), places[prompt].tolist()):
                image, patch = divmod(place, size[0] * size[1])
                cell.imshow(_crop(pixels[image], divmod(patch, size[1]), size))
                cell.set_title(f'{value:.2f}', fontsize=7)
            line[0].text(-0.2, 0.5, f'prompt {prompt + 1}', transform=line[0].transAxes, ha='right', va='center',
                         fontsize=7)
        figure.suptitle(f'patches nearest to prompts: cosine of their keys in block {block}', fontsize=8)
    return path


def _crop(image, cell, size):
    """RGB pixels of the patch at (row, column) of a grid of ``size``."""
    bounds = [(int(place * extent / count), int((place + 1) * extent / count))
              for place, extent, count in zip(cell, image.shape, size)]
    (top, bottom), (left, right) = bounds
    return image[top:bottom, left:right, ::-1]


@torch.no_grad()
def _draw_frame(model, backbone, path):
    """The frame around a grey image, in the colours that it has before the normalisation."""
    grey = np.full((*backbone.host.image_size, 3), 127, np.uint8)
    image = _normalise(model, [grey])
    painted = backbone.tuning.enter(image, backbone.tuning.begin(image, backbone))[0].cpu()
    mean, std = normalisation_of(model.data_preprocessor)
    colours = (painted * std + mean).clamp(0, 255).permute(1, 2, 0).round().numpy().astype(np.uint8)
    if swaps_channels(model.data_preprocessor):
        colours = colours[..., ::-1]
    write_whole(cv2.imencode('.png', colours)[1].tobytes(), path)
    return path


@contextmanager
def _cells(path, rows, columns, *, side=2.):
    """A picture of cells without frames."""
    size = side * columns + 1, side * rows + 0.4
    with picture(path, rows, columns, size=size, squeeze=False) as (figure, axes):
        for cell in axes.flat:
            cell.axis('off')
        yield figure, axes
