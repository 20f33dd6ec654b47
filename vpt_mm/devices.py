"""Devices that are there."""
import torch

from .errors import UsageError


def find_device(name):
    """The device of this name, such as 'cuda:0'; UsageError unless numbers can be put on it and come back."""
    try:
        device = torch.device(name)
        torch.ones(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:  # AssertionError: torch without CUDA
        raise UsageError(f'device must be one that is here, such as cpu or cuda:0, got {name}: '
                         f'{str(error).splitlines()[0].partition(". ")[0]}.') from None
    return device


def default_device():
    """'cuda' where there is a GPU, else 'cpu'."""
    return 'cuda' if torch.cuda.is_available() else 'cpu'
