"""SharedTexts: frozen text towers that are loaded once, for the tasks of words on a shared backbone."""
import json
import threading

import torch

from ...models.weightless import build_weightless
from ...weights.fingerprint import digests
from ...weights.words import read_words


class SharedTexts:
    """The frozen weights of text towers, each read when the first task asks for it, and held once.

    Args:
        source: file, or name, that the user gave for the weights; none out of a task file is ever opened.
        device: that they are on.
    """

    def __init__(self, source, device):
        self.source, self.device, self.lock = source, device, threading.Lock()
        self.held, self.states, self.digests = {}, {}, {}

    def weights(self, said):
        """{key: tensor} of the tower that a task file describes.

        Args:
            said: ``model.head.text`` of the file.

        Raises:
            UsageError: a source without a text tower, or with one of other sizes.
        """
        plain = dict(said, type='PromptedTextTower', tuning=dict(type='LinearProbe'))
        name = json.dumps(plain, sort_keys=True)
        with self.lock:
            if name not in self.states:
                state = read_words(build_weightless(plain), self.source).state
                self.held.update({key: tensor.to(self.device, torch.float32) for key, tensor in state.items()
                                  if key not in self.held})  # what fits one file has one value for each key
                self.states[name] = {key: self.held[key] for key in state}
            return self.states[name]

    def frozen_digests(self, weights, keys, prefix):
        """{key: digest} of those of some weights that are frozen, by their names in a task."""
        named = {prefix + key: weights[key] for key in keys}
        with self.lock:
            self.digests.update(digests({key: one for key, one in named.items() if key not in self.digests}))
            return {key: self.digests[key] for key in named}
