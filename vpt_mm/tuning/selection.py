"""Methods that add nothing and choose which of the backbone's own parameters train."""
from mmengine.registry import MODELS

from .method import TuningMethod


@MODELS.register_module()
class LinearProbe(TuningMethod):
    """Nothing in the backbone learns: Linear in classification, HeadOnly in segmentation."""

    composes = False


@MODELS.register_module()
class FullTuning(TuningMethod):
    """Everything in the backbone learns, and the backbone is in train mode."""

    trains_backbone = True
    composes = False

    def trains(self, backbone):
        return [name for name, _ in backbone.named_parameters()]


@MODELS.register_module()
class BiasTuning(TuningMethod):
    """The backbone's bias terms learn: Bias in the paper, BitFit (Ben Zaken et al. 2022)."""

    def trains(self, backbone):
        return [name for name, _ in backbone.named_parameters() if name.endswith('.bias')]
