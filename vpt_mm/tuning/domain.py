"""DomainContext: context that domains share, and context of each domain's own: DAPL (Ge et al. 2022)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .context import ContextPrompt, Texts
from .host import Host
from .registry import TUNING_METHODS
from .tokens import CONTEXT

SOURCE, TARGET = 0, 1  # numbers of the domains


@TUNING_METHODS.register_module()
class DomainContext(ContextPrompt):
    """DAPL: in front of a class name stand vectors that both domains share, then those of one domain (section 3.2).

    ``tokens``: (length, C), or (classes, length, C): what a class looks like anywhere. ``domains``: (2, domain_length,
    C): what source and target look like. All start at random, N(0, 0.02).

    Args:
        length: number of vectors that the domains share.
        domain_length: number of vectors of each domain's own.
        source: name of the labelled domain, such as 'art'.
        target: name of the unlabelled one.
        sentence: what is read behind the vectors; the first {} is the class, a second one the domain. The equations of
            the paper have the class alone, its program names the domain as well.
        classes: number of classes that have shared vectors of their own; None for vectors that all classes share.

    Raises:
        UsageError: a length below 1, domains without a name or of one name, or a sentence that does not begin with {}.
    """

    def __init__(self, length: int = 16, *, source: str, target: str, domain_length: int = 16,
                 sentence: str = '{} a {} image.', classes: int | None = None) -> None:
        super().__init__(length, classes=classes)
        self.check_count('domain_length', domain_length)
        names = [name.replace('_', ' ').strip() if isinstance(name, str) else '' for name in (source, target)]
        if not all(names) or names[0].lower() == names[1].lower():
            raise UsageError('DomainContext: source and target must be the names of two domains, got '
                             f'{source!r} and {target!r}.')
        if not sentence.startswith('{}') or sentence.count('{}') > 2:
            raise UsageError('DomainContext: sentence must begin with {} for the class, and may have another {} for '
                             f"the domain, as in '{{}} a {{}} image.', got {sentence!r}.")
        self.domain_length, self.names, self.sentence = domain_length, names, sentence

    def build_for(self, backbone: Host) -> None:
        super().build_for(backbone)
        width = backbone.block_widths[0]
        self.domains = nn.Parameter(torch.empty(2, self.domain_length, width).normal_(std=0.02))

    def texts(self, names: Sequence[str], context: int = CONTEXT, *, domain: int = TARGET) -> Texts:
        words = self.sentence.replace('{}', '\0', 1).replace('{}', self.names[domain])
        sentences = [words.replace('\0', name) for name in names]
        return self.place(names, sentences, self.length + self.domain_length, context)._replace(domain=domain)

    def vectors(self, batch: int, *, domain: int = TARGET, classes: Tensor | None = None, **given: Any) -> Tensor:
        shared, own = super().vectors(batch, classes=classes), self.domains[domain]
        return torch.cat([shared, own.expand(*shared.shape[:-2], -1, -1)], dim=-2)
