"""Methods that add nothing and choose which of the backbone's own parameters train."""
from __future__ import annotations

from collections.abc import Iterable

from ..errors import UsageError
from ..layers.norms import is_norm
from .host import Host
from .method import TuningMethod
from .registry import TUNING_METHODS

BIASES = ('.bias', '.q_bias', '.v_bias', '.in_proj_bias')  # ends of names; those of attention may stand apart


@TUNING_METHODS.register_module()
class LinearProbe(TuningMethod):
    """Nothing in the backbone learns: Linear in classification, HeadOnly in segmentation."""

    composes = False
    mixes = True


@TUNING_METHODS.register_module()
class FullTuning(TuningMethod):
    """Everything in the backbone learns, and the backbone is in train mode."""

    part = 'backbone'
    trains_backbone = True
    composes = False

    def trains(self, backbone: Host) -> Iterable[str]:
        return [name for name, _ in backbone.named_parameters()]


@TUNING_METHODS.register_module()
class BiasTuning(TuningMethod):
    """The backbone's bias terms learn: Bias in the paper, BitFit (Ben Zaken et al. 2022)."""

    part = 'biases'

    def trains(self, backbone: Host) -> Iterable[str]:
        return [name for name, _ in backbone.named_parameters() if name.endswith(BIASES)]


@TUNING_METHODS.register_module()
class NormTuning(TuningMethod):
    """Scales and shifts of the backbone's norms learn (Basu et al. 2024, strong baselines for parameter efficiency).

    Batch norms keep their statistics.
    """

    part = 'norms'

    @classmethod
    def misfit(cls, backbone: Host) -> str:
        return '' if _norms(backbone) else 'which has no norms with parameters'

    def trains(self, backbone: Host) -> Iterable[str]:
        return _norms(backbone)


@TUNING_METHODS.register_module()
class PartialTuning(TuningMethod):
    """The last blocks and the norm behind them learn: Partial-k in the paper (Yosinski et al. 2014).

    Args:
        last: number of blocks, counted over all stages; layers between stages stay frozen.

    Raises:
        UsageError: a number of blocks that the backbone does not have.
    """

    part = 'blocks'

    def __init__(self, last: int) -> None:
        super().__init__()
        self.check_count('last', last)
        self.last = last

    def trains(self, backbone: Host) -> Iterable[str]:
        if self.last > len(backbone.blocks):
            raise UsageError(f'PartialTuning: last must be 1..{len(backbone.blocks)}, the blocks of '
                             f'{backbone.title}, got {self.last}.')
        modules = [*backbone.blocks[-self.last:], *backbone.final_norms]
        chosen = {id(parameter) for module in modules for parameter in module.parameters()}
        return [name for name, parameter in backbone.named_parameters() if id(parameter) in chosen]


@TUNING_METHODS.register_module()
class ClsTokenTuning(TuningMethod):
    """The class token learns: VPT + [CLS] in the paper, together with prompts."""

    part = 'class token'
    needs = frozenset({'class token'})

    def trains(self, backbone: Host) -> Iterable[str]:
        return ['cls_token']


def _norms(backbone: Host) -> list[str]:
    """Names of the parameters of all norms."""
    owned = {id(parameter) for module in backbone.modules() if is_norm(module)
             for parameter in module.parameters(recurse=False)}
    return [name for name, parameter in backbone.named_parameters() if id(parameter) in owned]
