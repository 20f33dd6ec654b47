"""capture(): a call as a CUDA graph, which leaves out the time that Python needs to start kernels."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..errors import UsageError

WARM_UP = 3  # calls before the capture, in which libraries choose their kernels


def require_graphs(device: Any) -> None:
    """Raise UsageError where there are no CUDA graphs."""
    if torch.device(device).type != 'cuda':
        raise UsageError(f'graphs are captured on a GPU, and the device is {device}: leave out --graph.')


def capture(call: Callable[[Tensor], Any], image: Tensor) -> Callable[[Tensor], None]:
    """The call on this very image, captured; what comes back runs it again, on the image that it was captured with."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            call(image)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call(image)
    return lambda _: graph.replay()
