"""Reading: which outputs of a shared backbone a task takes."""
from dataclasses import dataclass

from ...models import PromptedSwin


@dataclass(frozen=True)
class Reading:
    """What a task's config says of the backbone's outputs.

    Attributes:
        out_type: 'cls_token', 'raw' or 'featmap' of a ViT; None for backbones that give maps.
        out_indices: blocks or stages, from the first to the last, as a backbone gives them.
        final_norm: whether the output of the last block is normalised.
    """

    out_type: str | None
    out_indices: tuple
    final_norm: bool

    MIXING = ('cls_token', 'raw', 'featmap', None)

    @classmethod
    def of(cls, backbone):
        """Of a backbone as the task's config builds it."""
        return cls(getattr(backbone, 'out_type', None) if not isinstance(backbone, PromptedSwin) else None,
                   tuple(sorted(set(backbone.out_indices))), bool(getattr(backbone, 'final_norm', False)))

    def places(self, backbone):
        """(block, whether it passes the final norm) for each feature."""
        final = getattr(backbone, 'num_layers', 0) - 1
        return [(index, self.final_norm and index == final and self.out_type is not None)
                for index in self.out_indices]

    def format(self, backbone, output, resolution):
        """An output of the pass, for one image, in the form that the task reads."""
        if self.out_type in (None, 'raw'):
            return output
        if self.out_type == 'cls_token':
            return output[:, 0]
        patches = output[:, backbone.num_extra_tokens:]
        return patches.reshape(len(patches), *resolution, -1).permute(0, 3, 1, 2)
