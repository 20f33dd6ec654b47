"""Living: the storages that a computation leaves behind, also where tensors have shapes but no values."""
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Living(TorchDispatchMode):
    """Watches the storages that operators make; counts, each once, those that something still holds.

    Args:
        besides: tensors that were there before.
    """

    def __init__(self, *, besides):
        super().__init__()
        self.before = {StorageWeakRef(tensor.untyped_storage()) for tensor in besides}
        self.sizes = {}

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        outputs = operator(*args, **(kwargs or {}))
        for tensor in tree_leaves(outputs):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self.sizes[StorageWeakRef(storage)] = storage.nbytes()
        return outputs

    def bytes(self):
        return sum(size for storage, size in self.sizes.items() if storage not in self.before and not storage.expired())
