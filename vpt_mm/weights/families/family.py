"""Family: one architecture, its tensors' names elsewhere and in mmpretrain, and what both must agree on."""
import re
from dataclasses import dataclass, field

from ...errors import UsageError, some

IMAGENET = dict(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
INCEPTION = dict(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


@dataclass
class Pretrained:
    """Weights under mmpretrain's names, with what is known of the model that they belong to.

    Attributes:
        state: {key: tensor} of a backbone, without prefix.
        family: name of the architecture, or empty if it was not told by the names.
        facts: plain values, such as ``eps`` (norm epsilon), ``mean`` and ``std`` (of images in 0..1) and
            ``grid`` (height and width in patches); a value that is not known is not there.
        place: what stood in front of the names in the file, such as ``teacher.backbone.``.
        note: one sentence on which of several backbones of the file this is, or empty.
    """

    state: dict
    family: str = ''
    facts: dict = field(default_factory=dict)
    place: str = ''
    note: str = ''

    @property
    def meta(self):
        """What a checkpoint of these weights says of them."""
        return dict(pretrained=dict(family=self.family, facts=self.facts))


class Family:
    """One architecture. A subclass fills the tables and overrides what differs.

    Attributes:
        names: those that tell this architecture in timm or in its first release, where all of them are there.
        renames: (pattern, replacement) pairs; the first full match gives mmpretrain's name.
        heads: pattern of the keys that belong to no backbone: classifiers, decoders, recomputed buffers.
        settings: {fact: how the config sets it}; ``{}`` stands for the value.
    """

    name = ''
    names: tuple[str, ...] = ()
    renames = ()
    heads = r''
    settings = {}

    def recognises(self, state):
        """Whether these are this architecture's names in timm or in its first release."""
        return all(name in state for name in self.names)

    def refuse(self, state):
        """Raise UsageError for relatives that mmpretrain's class can't hold."""

    def convert(self, state, facts):
        """Rename every tensor of the backbone, and reorder its values where the layouts differ.

        Raises:
            UsageError: a tensor that mmpretrain's class has no place for.
        """
        self.refuse(state)
        converted, strange = {}, []
        for key, tensor in state.items():
            new = self.rename(key)
            if new is not None:
                converted[new] = tensor
            elif not re.fullmatch(self.heads, key):
                strange.append(key)
        if strange:
            raise UsageError(f"mmpretrain's {self.name} has no place for {some(strange)}: this is a relative of "
                             f'{self.name} with other layers, take a plain one.')
        return converted

    def rename(self, key):
        for pattern, replacement in self.renames:
            match = re.fullmatch(pattern, key)
            if match:
                return match.expand(replacement)
        return None

    def read_timm(self, model):
        """Facts of a timm model that its tensors do not tell."""
        return {}

    def read_file(self, names, state):
        """Facts that other tensors of the same file tell; ``names`` are the last parts of the names of all."""
        return {}

    def structure(self, state):
        """Facts that a state dict of mmpretrain's names tells."""
        return {}

    def describe(self, backbone):
        """The facts of a backbone of mmpretrain."""
        return {}

    def fit(self, backbone, state, facts):
        """Adapt tensors whose size follows the image size to the backbone, in place."""


def has(state, pattern):
    """Whether any key matches the pattern."""
    return any(re.fullmatch(pattern, key) for key in state)


def require_plain(parts):
    """Raise UsageError where a part of a timm model is of another class than the family knows.

    Args:
        parts: (module, allowed class names) pairs.
    """
    for module, allowed in parts:
        if type(module).__name__ not in allowed:
            raise UsageError(f'this model computes with {type(module).__name__} where mmpretrain has '
                             f"{' or '.join(allowed)}: take a plain relative.")
