"""tokenize(): texts to the token ids that CLIP's text transformer knows."""
from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ..errors import UsageError

CONTEXT = 77  # tokens that CLIP reads at most, start and end included (Radford et al. 2021, section 2.4)


def tokenize(texts: str | Sequence[str], context: int = CONTEXT) -> Tensor:
    """(B, context): ids of texts between those of their start and end, and zeros behind.

    The vocabulary and the pairs that are merged are OpenAI's, which mmseg ships.

    Raises:
        UsageError: a text that does not fit; nothing is cut off.
    """
    start, end = limits()
    rows = [[start, *encode(text), end] for text in ([texts] if isinstance(texts, str) else texts)]
    return pad(rows, texts, context)


def encode(text: str) -> list[int]:
    """Ids of a text, without start and end."""
    if not isinstance(text, str):
        raise UsageError(f'a text must be a string, got {text!r}.')
    return list(_tokenizer().encode(text))


def plain_name(name: str) -> str:
    """What tells the name of one class from another's: small letters, single blanks in place of underscores."""
    return ' '.join(str(name).replace('_', ' ').lower().split())


def limits() -> tuple[int, int]:
    """Ids of the start and the end of a text."""
    return tuple(_tokenizer().all_special_ids[:2])


def pad(rows: Sequence[Sequence[int]], texts: str | Sequence[str], context: int = CONTEXT) -> Tensor:
    """Rows of ids to (B, context), zeros behind each; ``texts`` are what an error calls them.

    Raises:
        UsageError: a row of more than ``context``.
    """
    ids = torch.zeros(len(rows), context, dtype=torch.long, device='cpu')  # values, on a meta device as well
    for number, row in enumerate(rows):
        if len(row) > context:
            text = texts if isinstance(texts, str) else texts[number]
            raise UsageError(f'a text must have at most {context} tokens, start, end and learned vectors included, but '
                             f'{len(row)} are those of {_shortened(text)}: use a shorter one.')
        ids[number, :len(row)] = torch.tensor(row, device='cpu')
    return ids


def trim(ids: Tensor) -> Tensor:
    """Ids (B, context) up to the end of the longest text: no token sees what follows it."""
    return ids[:, :int(ids.argmax(dim=1).max()) + 1]  # no id is above that of an end


def _shortened(text: str, most: int = 60) -> str:
    return repr(text if len(text) <= most else f'{text[:most]}...')


@cache
def _tokenizer() -> Any:
    from mmseg.utils import tokenizer  # reads its vocabulary as it is imported
    return tokenizer._tokenizer
