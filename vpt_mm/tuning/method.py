"""TuningMethod: what a backbone asks of the object that owns everything learned inside it."""
from mmengine.model import BaseModule, initialize

from ..errors import UsageError, require_counts

SEAMS = ('paint', 'project', 'patches', 'join', 'prompts', 'prefixes', 'adapt', 'blend')


class KeepsValues:
    """Mixin: recipes of a model's ``init_cfg``, which mmengine applies to all layers below, end here."""

    keeps_values = True

    def apply(self, function):
        recipe = getattr(function, '__module__', None) == initialize.__module__
        return self if recipe and self.keeps_values else super().apply(function)  # type: ignore[misc]


class TuningMethod(KeepsValues, BaseModule):
    """The seams between a frozen backbone and what is learned; each does nothing by default.

    A method overrides the seams that it needs, registers itself in ``MODELS``, and creates its
    parameters in :meth:`build_for`, where the sizes of the backbone are known. It fits the backbones
    whose ``seams`` hold all that it overrides.
    """

    part = 'prompts'  # what reports call that which it learns
    travels = False  # True: its prompts are among the tokens that leave the last block
    frame = 0  # pixels that `paint` puts on each side of the image
    dense = True  # False: learns for a classifier's feature, of which a segmentor has none
    trains_backbone = False  # True: the backbone is in train mode and wholly its own (FullTuning)
    composes = True  # False: stands alone, never in a list

    @classmethod
    def fits(cls, backbone):
        """Whether the backbone has what the method needs."""
        return seams_of(cls) <= set(backbone.seams)

    def build_for(self, backbone):
        """Create the parameters, sized from ``backbone.block_widths`` and such."""

    def trains(self, backbone):
        """Names of backbone parameters that train as well."""
        return ()

    def paint(self, image):
        """(B, 3, H, W), normalised, to what the backbone sees: prompts in pixel space."""
        return image

    def project(self, features, image, conv):
        """The output of the backbone's first convolution, ``conv``, on ``image``: (B, C, h, w)."""
        return features

    def patches(self):
        """(P, 3, patch, patch): embedded by the frozen patch embedding, they travel on as tokens."""
        return None

    def join(self, tokens, block):
        """(B, N, C) to (B, N + P, C): prompts that join the tokens at this block and travel on."""
        return tokens

    def prompts(self, block, batch):
        """(P, C), or (batch, P, C) where images differ: seen by this block as keys and values."""
        return None

    def prefixes(self, block):
        """(2, P, C): keys and values that this block's tokens see, as they are."""
        return None

    def adapt(self, branch, block):
        """The output of this block's FFN, before its residual: adapters."""
        return branch

    def blend(self, features, image):
        """An output of the backbone, (B, C) or a map (B, C, h, w), for the image as it was given."""
        return features

    def check_count(self, name, value):
        """Raise UsageError unless an argument is a whole number of at least 1."""
        require_counts(**{f'{type(self).__name__}: {name}': value})

    def merge_into(self, backbone):
        """Fold what was learned into the backbone's own weights, so that the plain backbone computes the same.

        Raises:
            UsageError: what was learned has no place there.
        """
        if next(self.parameters(), None) is not None:
            raise UsageError(f'{type(self).__name__} can not be merged: what it learned is no weight of the plain '
                             'backbone. Keep the task file, and load it with vpt_mm.')


def seams_of(method):
    """The seams that a class of methods overrides."""
    return {seam for seam in SEAMS if getattr(method, seam) is not getattr(TuningMethod, seam)}
