"""Fingerprints of weights: digests of names, shapes and values."""
import hashlib
from concurrent.futures import ThreadPoolExecutor

import torch


def fingerprint(weights):
    """Hex digest of {key: tensor}: of names, shapes and values, whatever the dtype or memory layout.

    Values are hashed as float32, into which float16 and bfloat16 widen exactly. Empty for no weights.
    """
    return fingerprint_of_digests(digests(weights))


def digests(weights):
    """{key: digest} of the single tensors."""
    def digest(item):
        key, tensor = item
        hasher = hashlib.sha256(f'{key} {tuple(tensor.shape)} '.encode())
        hasher.update(tensor.detach().to('cpu', torch.float32).contiguous().view(-1).numpy())
        return hasher.digest()

    with ThreadPoolExecutor() as pool:  # hashing releases the interpreter's lock
        return dict(zip(weights, pool.map(digest, weights.items())))


def fingerprint_of_digests(digests):
    """:func:`fingerprint` of the tensors that have these digests."""
    if not digests:
        return ''
    return hashlib.sha256(b''.join(digests[key] for key in sorted(digests))).hexdigest()
