"""write_scene_folder(): drawn scenes as a folder of images and masks, whole or not at all."""
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np

from ..files import require_empty, umask

Draw = Callable[[int], tuple[np.ndarray, np.ndarray]]


def write_scene_folder(out: str | Path, splits: Mapping[str, tuple[int, Draw]]) -> Path:
    """Write ``images/SPLIT/scene_00000.jpg`` and ``annotations/SPLIT/scene_00000.png``; returns the folder's full path.

    Args:
        out: folder, new or empty.
        splits: {name: (number of scenes, function of a scene's number that gives its image (H, W, 3) RGB and its mask
            (H, W), uint8)}.

    Raises:
        UsageError: an `out` that holds something already.
        OSError: the disk is full.
    """
    from rich.progress import track
    out = Path(out).absolute()
    require_empty(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f'.{out.name}-', dir=out.parent))
    try:
        for split, (count, draw) in splits.items():
            for kind in ('images', 'annotations'):
                (unfinished / kind / split).mkdir(parents=True)
            for index in track(range(count), description=f'{split} scenes'):
                image, mask = draw(index)
                name = f'scene_{index:05d}'
                _write(unfinished / 'images' / split / f'{name}.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
                _write(unfinished / 'annotations' / split / f'{name}.png', mask, [])
        unfinished.chmod(0o777 & ~umask())
        if out.exists():
            out.rmdir()  # empty, as checked
        unfinished.rename(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return out


def _write(path, pixels, options):
    if not cv2.imwrite(str(path), pixels, options):
        raise OSError(f'could not write {path}: is the disk full?')
