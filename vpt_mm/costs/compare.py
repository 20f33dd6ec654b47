"""Time and memory of a tuned backbone, as ratios to the plain frozen one, in turn and paired in one run."""
import gc
import os
import statistics
import time
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import torch
from rich.progress import track
from torch.profiler import ProfilerActivity, profile

from ..models.tunable import kept_bytes
from .graphs import capture
from .kernels import count_kernels


@dataclass(frozen=True)
class Cost:
    """What one contestant needs, absolute and as ratios to the plain backbone.

    Attributes:
        name: who was measured.
        length: prompt length, 0 for none.
        what: 'inference' or 'training step', in seconds, eager or as a 'graph'; 'training kernels', operations that
            start one; their 'peak', weights included, or 'bytes kept' for the backward pass, in bytes.
        value: median.
        ratio: median of the pairs; ``low`` and ``high`` are their quartiles.
    """

    name: str
    length: int
    what: str
    value: float
    ratio: float
    low: float
    high: float


class Contestant:
    """A backbone under test.

    Args:
        name: how the table calls it.
        model: a backbone; its parameters that learn say how far the gradient goes. Where none does, as with a linear
            probe, a training step is the forward pass.
        length: prompt length.
        autocast: dtype of mixed precision, or None.
    """

    def __init__(self, name, model, *, length=0, autocast=None):
        self.name, self.model, self.length, self.autocast = name, model, length, autocast

    @property
    def weights(self):
        """Bytes of parameters and buffers, and of what is kept from pass to pass."""
        tensors = (*self.model.parameters(), *self.model.buffers())
        return sum(tensor.nbytes for tensor in tensors) + kept_bytes(self.model)

    def forward(self, image):
        with torch.autocast(image.device.type, dtype=self.autocast, enabled=self.autocast is not None):
            return sum(output.float().sum() for output in self.model(image))

    @torch.no_grad()
    def infer(self, image):
        self.forward(image)

    def train_step(self, image):
        loss = self.forward(image)
        if loss.requires_grad:
            loss.backward()
        self.model.zero_grad()


RUNS = {'inference': Contestant.infer, 'training step': Contestant.train_step}


def compare(contestants, image, *, repeats, graph=False):
    """Costs of all contestants as ratios to the first, which is the plain backbone.

    Args:
        image: (B, 3, H, W).
        repeats: pairs of each clock.
        graph: clock every pass as a captured CUDA graph as well.
    """
    calls = {what: {contestant: partial(run, contestant) for contestant in contestants} for what, run in RUNS.items()}
    measured = {what: time_in_turn(of_each, image, repeats, what) for what, of_each in calls.items()}
    if graph:
        for what, of_each in calls.items():
            captured = {contestant: capture(call, image) for contestant, call in of_each.items()}
            measured[f'{what}, graph'] = time_in_turn(captured, image, repeats, f'{what}, graph')
    measured.update({name: {} for name in ('training kernels', 'inference peak', 'training peak', 'bytes kept')})
    for contestant in track(contestants, description='kernels and memory'):
        measured['training kernels'][contestant] = [count_kernels(partial(contestant.train_step, image))]
        for what, run in (('inference peak', contestant.infer), ('training peak', contestant.train_step)):
            most = allocated(run, image)[0]
            measured[what][contestant] = [contestant.weights + most]
        measured['bytes kept'][contestant] = [allocated(contestant.forward, image)[1]]
    return [_cost(contestant, what, values[contestant], values[contestants[0]])
            for what, values in measured.items() for contestant in contestants]


def time_in_turn(calls, image, repeats, description):
    """{contestant: seconds of each repeat of its call}; one after the other, so that all meet the same machine."""
    seconds = {contestant: [] for contestant in calls}
    for call in calls.values():
        call(image)
    for _ in track(range(repeats), description=description):
        for contestant, call in calls.items():
            seconds[contestant].append(timed(call, image))
    return seconds


def timed(call, image):
    """Seconds of one call, by the device's own clock on a GPU.

    Where one thread computes, they are those of the processor: others on the machine do not count.
    """
    if image.device.type != 'cuda':
        clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
        start = clock()
        call(image)
        return clock() - start
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    call(image)
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1e3


def where(device):
    """Name of a device."""
    return torch.cuda.get_device_name(device) if torch.device(device).type == 'cuda' else str(device)


def allocated(call, image):
    """Bytes beyond those at the start: the most at once, and what is left while the result lives."""
    call(image)
    gc.collect()  # what is freed while this is measured would count against what is kept
    if image.device.type == 'cuda':
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        result = call(image)  # noqa: F841  (a loss keeps its graph)
        return torch.cuda.max_memory_allocated() - before, torch.cuda.memory_allocated() - before
    os.environ.setdefault('KINETO_LOG_LEVEL', '99')  # the profiler would write lines of its own to the screen
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        result = call(image)  # noqa: F841
    events = [event for event in recorded.profiler.kineto_results.events() if event.name() == '[memory]']
    events.sort(key=lambda event: event.start_ns())
    totals = list(accumulate((event.nbytes() for event in events), initial=0))
    return max(totals), totals[-1]


def _cost(contestant, what, values, plain):
    ratios = sorted(value / base for value, base in zip(values, plain))
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Cost(contestant.name, contestant.length, what, statistics.median(values), statistics.median(ratios), low,
                high)
