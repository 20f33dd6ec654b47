"""What a pass computes, counted by torch's own formulas."""
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class Flops(TorchDispatchMode):
    """Counts the floating-point operations of products of matrices and of convolutions."""

    total = 0

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        outputs = operator(*args, **(kwargs or {}))
        if operator.overloadpacket in flop_registry:
            self.total += flop_registry[operator.overloadpacket](*args, **(kwargs or {}), out_val=outputs)
        return outputs


def flops(model, images):
    """Those of one pass."""
    with Flops() as counter:
        model(images)
    return counter.total
