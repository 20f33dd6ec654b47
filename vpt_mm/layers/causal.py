"""causal_mask(): what words and prompts see of each other where every token sees those before it."""
from __future__ import annotations

import torch
from torch import Tensor


def causal_mask(words: int, travelling: int, seen: int, device: torch.device) -> Tensor:
    """Which keys each token sees, as if all prompts stood in front of the text.

    Every word sees the words up to itself and all prompts. A travelling prompt sees those up to itself and no word.
    Prompts that are keys and values alone are seen by all.

    Args:
        words: number of the text's own tokens.
        travelling: number of prompts that stand behind them in memory.
        seen: number of further keys and values.

    Returns:
        bool, (words + travelling, words + travelling + seen): True where a row's token sees a column's.
    """
    rows = [[_triangle(words, device), _all(words, travelling, device, True)],
            [_all(travelling, words, device, False), _triangle(travelling, device)]]
    own = torch.cat([torch.cat(row, dim=1) for row in rows])
    return torch.cat([own, _all(len(own), seen, device, True)], dim=1)


def _triangle(count: int, device: torch.device) -> Tensor:
    return _all(count, count, device, True).tril()


def _all(rows: int, columns: int, device: torch.device, value: bool) -> Tensor:
    return torch.full((rows, columns), value, dtype=torch.bool, device=device)
