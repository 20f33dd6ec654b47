"""GuidedPrompt: VPT-deep's prompts, guided by what classes they stand for (DA-VPT, Ren et al. 2025)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import UsageError
from .choice import check_blocks, check_weight, require_blocks
from .host import Host
from .method import Memory, Place
from .prompts import DeepPrompt
from .registry import TUNING_METHODS

TAG = 'vpt_mm_groups'  # attribute of a batch of images


class Groups(NamedTuple):
    """Which prompt the class of each image belongs to.

    Attributes:
        numbers: (B,), of prompts.
        count: prompts 0..count - 1 have classes.
    """

    numbers: Tensor
    count: int


def tell_groups(images: Tensor, groups: Groups) -> None:
    """Say which prompts the images (B, 3, H, W) belong to; what is computed of them has forgotten it."""
    setattr(images, TAG, groups)


@TUNING_METHODS.register_module()
class GuidedPrompt(DeepPrompt):
    """DA-VPT: each prompt stands for a group of classes, and two losses hold it to them (arXiv 2505.23694).

    In some blocks, prompts are drawn to the patch tokens of images of their classes and away from others, and so are
    the class tokens and their prompts. Both are losses of Proxy-Anchor (Kim et al. 2020, equation 4) on cosines, with
    prompts for proxies: alpha scales and delta is the margin, 32 and 0.1 there. DA-VPT's text names 32 and 10 with
    these letters the other way round, and is read in Proxy-Anchor's sense. Compared with prompts are the tokens that
    their block is given. While training, ``GuideHook`` says which classes belong together, and comes with
    ``FreezeBackboneHook``; without being told, and in tests, this is DeepPrompt.

    ``tokens``: as DeepPrompt's, blocks * length * C parameters.

    Args:
        patches: weight of the loss on patch tokens, beta.
        classes: weight of the loss on class tokens, lambda.
        guided: blocks with these losses, counted from 1; the last prompted one by default.
        alpha: scale of the cosines in the exponents.
        delta: margin, which cosines should pass by.
        others: as of DeepPrompt.

    Raises:
        UsageError: a negative weight, an alpha or delta that isn't a number of at least 0, or guided blocks without
            prompts.
    """

    needs = frozenset({'class token'})
    sees_images = True

    def __init__(self, length: int, *, patches: float = 0.1, classes: float = 0.1,
                 guided: Sequence[int] | None = None, alpha: float = 32., delta: float = 0.1, first: int = 1,
                 last: int | None = None, prototypes: str | None = None, dropout: float = 0.) -> None:
        super().__init__(length, first=first, last=last, prototypes=prototypes, dropout=dropout)
        self.patches = check_weight('GuidedPrompt: patches', patches)
        self.classes = check_weight('GuidedPrompt: classes', classes)
        self.alpha = check_weight('GuidedPrompt: alpha', alpha)
        self.delta = check_weight('GuidedPrompt: delta', delta)
        self.guided = None if guided is None else check_blocks('GuidedPrompt: guided', guided)

    def build_for(self, backbone: Host) -> None:
        super().build_for(backbone)
        self.guided = (self.prompted[-1],) if self.guided is None else self.guided
        require_blocks('GuidedPrompt: guided', self.guided, backbone)
        bare = sorted(block + 1 for block in set(self.guided) - set(self.prompted))
        if bare:
            raise UsageError(f'GuidedPrompt: guided must be blocks with prompts, {self.prompted[0] + 1}..'
                             f'{self.prompted[-1] + 1}, got {bare}.')

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        """``groups``, if those of the images were told; then ``guided``, {block: (class tokens, patch tokens)}."""
        memory = super().begin(inputs, backbone, **given)
        groups = getattr(inputs, TAG, None)
        if groups is not None and self.training and torch.is_grad_enabled():
            memory.update(groups=groups, guided={})
        return memory

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        if 'guided' in memory and place.block in (self.guided or ()):
            memory['guided'][place.block] = tokens[:, 0], tokens[:, place.extra:place.count]
        return super().before(tokens, place, memory)

    def losses(self, memory: Memory) -> dict[str, Tensor]:
        """While training, and where groups were told, both losses, their means over the guided blocks."""
        if 'guided' not in memory:
            return {}
        numbers, count = memory['groups']
        prompts = [block for stage in self.parameters() for block in stage]
        found = []
        for block, (of_class, of_patches) in memory['guided'].items():
            own = prompts[block - self.prompted[0]][:count]
            each = numbers[:, None].expand(of_patches.shape[:2])
            found.append((self.hold(own, of_patches.flatten(0, 1), each.flatten()), self.hold(own, of_class, numbers)))
        patches, classes = (torch.stack(losses).mean() for losses in zip(*found))
        return dict(loss_patches=self.patches * patches, loss_classes=self.classes * classes)

    def hold(self, prompts: Tensor, tokens: Tensor, numbers: Tensor) -> Tensor:
        """Proxy-Anchor's loss of prompts (P, C) and tokens (M, C), whose prompts have these ``numbers`` (M,)."""
        exact = torch.promote_types(prompts.dtype, torch.float32)
        with torch.autocast(tokens.device.type, enabled=False):
            cosines = F.normalize(tokens.to(exact), dim=-1) @ F.normalize(prompts.to(exact), dim=-1).mT  # (M, P)
            own = numbers[:, None] == torch.arange(len(prompts), device=numbers.device)
            pull = self.log_of_sum(-self.alpha * (cosines - self.delta), own)
            push = self.log_of_sum(self.alpha * (cosines + self.delta), ~own)
            return pull.sum() / own.any(dim=0).sum().clamp_min(1) + push.mean()

    @staticmethod
    def log_of_sum(exponents: Tensor, there: Tensor) -> Tensor:
        """log(1 + sum of exp) over those of (M, P) that are there: (P,)."""
        exponents = exponents.masked_fill(~there, float('-inf'))
        return torch.cat([exponents.new_zeros(1, exponents.shape[1]), exponents]).logsumexp(dim=0)
