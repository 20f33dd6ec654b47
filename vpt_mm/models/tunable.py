"""Tunable: a backbone that builds its tuning method, freezes the rest, and knows what it loaded."""
import torch

from ..tuning import build_tuning


class Tunable:
    """Mixin in front of an mmpretrain backbone; its ``__init__`` ends with :meth:`tune`.

    A backbone adds ``block_widths`` (width of each block, a tuple) and ``patch_size`` (pixels), and
    calls the seams of ``self.tuning`` in its forward pass. ``tuning`` is None without tuning.
    """

    def tune(self, config):
        """Build the tuning method and freeze all that it does not name; once, at construction."""
        self.tuning = None
        self.loaded = set()  # state-dict keys that came from a checkpoint
        self.sourced = set()  # those of them that `init_cfg` can bring again
        self.unfit = {}  # keys that a checkpoint had in another shape: (its shape, ours)
        self._register_load_state_dict_pre_hook(self._note_loaded)
        if config is None:
            return
        tuning = build_tuning(config)
        tuning.build_for(self)
        trained = set(tuning.trains(self))
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name in trained)
        self.trained = frozenset(trained)
        self.tuning = tuning
        self.train(self.training)

    def train(self, mode=True):
        """Set modes only: the tuning method follows ``mode``, everything frozen stays in eval mode."""
        super().train(mode)
        if self.tuning is not None and not self.tuning.trains_backbone:
            for name, child in self.named_children():
                if name != 'tuning':
                    child.eval()
        return self

    @property
    def frozen_keys(self):
        """State-dict keys of all that stays as pretrained, in order."""
        if self.tuning is None or self.tuning.trains_backbone:
            return []
        return [key for key in self.state_dict() if key not in self.trained and not key.startswith('tuning.')]

    @property
    def frozen_weights(self):
        """The frozen floating-point tensors by key: those that must come from a pretrained model."""
        state = self.state_dict()
        return {key: state[key] for key in self.frozen_keys if torch.is_floating_point(state[key])}

    def init_weights(self):
        """Initialise, or load, the backbone alone: the tuning method initialised itself."""
        self._prefer_pretrained()
        tuning, self.tuning = self.tuning, None
        try:
            super().init_weights()
        finally:
            self.tuning = tuning
        self.sourced |= self.loaded

    def _prefer_pretrained(self):
        """A pretrained model overwrites every other recipe; mmpretrain runs some of them after it."""
        if isinstance(self.init_cfg, (list, tuple)):
            pretrained = [one for one in self.init_cfg if one.get('type') == 'Pretrained']
            self.init_cfg = pretrained[-1] if pretrained else self.init_cfg

    def _note_loaded(self, state_dict, prefix, *args):
        """Keep account of what a checkpoint brings (called before every load)."""
        for key, tensor in self.state_dict().items():
            new = state_dict.get(prefix + key)
            if new is None or new.data_ptr() == tensor.data_ptr() != 0:
                continue
            if new.shape == tensor.shape:
                self.loaded.add(key)
                self.unfit.pop(key, None)
            else:
                self.unfit[key] = tuple(new.shape), tuple(tensor.shape)
            self.sourced.discard(key)

