"""UpdatedLinear: a frozen linear layer with low-rank updates that a tuning method owns."""
import torch.nn.functional as F
from torch import nn


class UpdatedLinear(nn.Linear):
    """Takes a linear layer's place, with its very parameters and its keys in the state dict.

    ``updates`` are functions of the layer's inputs and the rows wanted; they stand in a tuple, so that their
    parameters belong to the tuning method alone. Copying the backbone copies both together.

    Args:
        layer: the linear layer.
        update: what is added to its outputs.
    """

    def __init__(self, layer, update):
        super().__init__(layer.in_features, layer.out_features, bias=layer.bias is not None, device='meta')
        self.weight, self.bias = layer.weight, layer.bias
        self.updates = (update,)

    def forward(self, inputs):
        return linear_rows(self, inputs)


def linear_rows(layer, inputs, rows=slice(None)):
    """(..., in) to (..., rows): some of a linear layer's outputs, updates included."""
    outputs = F.linear(inputs, layer.weight[rows], None if layer.bias is None else layer.bias[rows])
    for update in getattr(layer, 'updates', ()):
        outputs = outputs + update(inputs, rows).to(outputs.dtype)
    return outputs


def weights_of(layer):
    """All parameters that a linear layer computes with."""
    return [*layer.parameters(), *(one for update in getattr(layer, 'updates', ()) for one in update.parameters())]
