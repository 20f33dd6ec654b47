"""Tunable: a backbone that builds its tuning method, freezes the rest, and knows what it loaded."""
import logging

import torch
from mmengine.logging import print_log
from mmengine.model import update_init_info

from ..errors import UsageError
from ..layers.alignment import realign
from ..tuning import build_tuning
from ..tuning.build import require_fit
from ..tuning.method import SEAMS, KeepsValues
from ..weights.pretrained import load_pretrained
from .guard import complete


class Tunable(KeepsValues):
    """Mixin in front of an mmpretrain backbone; its ``__init__`` ends with :meth:`tune`.

    A backbone adds ``blocks`` (modules, over all stages, up to the last that ``out_indices`` needs), ``block_widths``
    (width of each, a tuple), ``final_norms`` (modules behind the last block), ``unread`` (modules whose outputs
    ``out_indices`` does not need), and ``gives_one_feature`` (whether all that it gives is one feature of the image,
    or one map that a classifier pools), and calls the ``seams`` that it names of ``self.tuning`` in its forward pass.
    ``tuning`` is None without tuning.
    """

    seams = SEAMS
    lacking = ''  # why it does not call the others: 'a ConvNet, which has no ...'
    frozen_dtype = None  # the floating-point type of the frozen part, where it is not the usual one
    unread = ()
    reads_prompts = False  # True: outputs are made of prompts that travel to the end
    takes_frames = False  # True: a frame goes around the image; False: the image is shrunk into it
    may_be_random = False  # True: weights that can't be loaded are no error (FreezeBackboneHook sets it)

    def tune(self, config):
        """Build the tuning method and freeze all that it does not name; once, at construction."""
        self.tuning = None
        self.loaded = set()  # state-dict keys that came from a checkpoint
        self.sourced = set()  # those of them that `init_cfg` can bring again
        self.unfit = {}  # keys that a checkpoint had in another shape: (its shape, ours)
        self.facts = {}  # what is known of the pretrained model, such as its input normalisation
        self._register_load_state_dict_pre_hook(self._note_loaded)
        if config is None:
            return
        tuning = build_tuning(config)
        require_fit(tuning, self)
        tuning.build_for(self)
        if tuning.frame and len(set(self.first_conv.stride)) > 1:
            raise UsageError(f'a frame of pixels needs patches with one stride along both axes, got '
                             f'{self.first_conv.stride}.')
        unread = {id(parameter) for module in self.unread for parameter in module.parameters()}
        readable = {name for name, parameter in self.named_parameters() if id(parameter) not in unread}
        trained = readable.intersection(tuning.trains(self))
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name in trained)
        self.trained = frozenset(trained)
        self.tuning = tuning
        self.train(self.training)

    def store_frozen(self, name):
        """Store the frozen part in another floating-point type; ``name`` is None for the usual one."""
        if name is None:
            return
        if name not in ('bfloat16', 'float16'):
            raise UsageError(f"frozen_dtype must be 'bfloat16', 'float16' or None, got {name!r}.")
        if self.tuning is None or self.trained:
            raise UsageError(f'frozen_dtype={name!r} needs a backbone of which nothing trains but what a method adds, '
                             'such as DeepPrompt.')
        self.frozen_dtype = getattr(torch, name)
        for child, module in self.named_children():
            if child != 'tuning':
                module.to(self.frozen_dtype)
        for parameter in self.parameters(recurse=False):
            parameter.data = parameter.data.to(self.frozen_dtype)

    def to_frozen(self, tensor):
        """The tensor in the type of the frozen part."""
        return tensor if self.frozen_dtype is None else tensor.to(self.frozen_dtype)

    def from_frozen(self, features, image):
        """Features of the frozen part in the type of the image."""
        return features if self.frozen_dtype is None else features.to(image.dtype)

    @property
    def first_conv(self):
        """The convolution that meets the image."""
        return self.patch_embed.projection

    @property
    def image_size(self):
        """(height, width) of the images that the backbone is built for."""
        return self.patch_embed.init_input_size

    def join_patches(self, tokens):
        """(B, N, C) to (B, N + P, C): the method's own patches, embedded, travel on at the end."""
        patches = self.tuning.patches()
        if patches is None:
            return tokens
        return torch.cat([tokens, self.embed_patches(self.to_frozen(patches)).expand(len(tokens), -1, -1)], dim=1)

    def unframe(self, features, image, *, stride, cells=None):
        """A map (B, C, h, w) at ``stride`` pixels a cell, as the plain backbone's lies on this image.

        ``cells``: shape of the plain map, where it is not that of ``features``.
        """
        frame, size = self.tuning.frame, image.shape[2:]
        if not frame:
            return features
        if cells and 0 in cells:
            raise UsageError(f'{type(self).__name__} gives one feature for each {stride}x{stride} pixels, and this '
                             f'image of {size[0]}x{size[1]} has none: use larger images, or stages of a finer stride.')
        picture = size if self.takes_frames else [side - 2 * frame for side in size]
        return realign(features, stride=stride, frame=frame, image=size, picture=picture,
                       cells=cells or features.shape[2:])

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

    @property
    def keeps_values(self):
        """Whether all weights of the backbone came from a checkpoint."""
        return self.loaded.issuperset(key for key, one in self.state_dict().items()
                                      if one.is_floating_point() and not key.startswith('tuning.'))

    def init_weights(self):
        """Initialise, or load, the backbone alone: the tuning method initialised itself.

        Weights that were loaded into the whole backbone before stay, where ``init_cfg`` names no others.
        """
        self._prefer_pretrained()
        tuning, self.tuning = self.tuning, None
        try:
            if self.pretrained_source:
                self._load_pretrained()
            elif not self.keeps_values:
                super().init_weights()
                self.loaded, self.sourced = set(), set()
        except UsageError as error:
            if not self.may_be_random:
                raise
            print_log(f'Going on with random frozen weights, as allow_random_backbone says: {error}', 'current',
                      logging.WARNING)
        finally:
            self.tuning = tuning

    @property
    def pretrained_source(self):
        """The checkpoint that ``init_cfg`` names, or None."""
        config = self.init_cfg if isinstance(self.init_cfg, dict) else {}
        return config.get('checkpoint') if config.get('type') == 'Pretrained' else None

    def _prefer_pretrained(self):
        """A pretrained model overwrites every other recipe; mmpretrain runs some of them after it."""
        if isinstance(self.init_cfg, (list, tuple)):
            pretrained = [one for one in self.init_cfg if one.get('type') == 'Pretrained']
            self.init_cfg = pretrained[-1] if pretrained else self.init_cfg

    def _load_pretrained(self):
        """What mmengine's Pretrained does, for weights of any known naming that agree with the config."""
        config = {key: value for key, value in self.init_cfg.items() if key != 'type'}
        before, self.loaded = self.loaded, set()
        self.facts = load_pretrained(self, config.pop('checkpoint'), **config).facts
        self.sourced |= self.loaded
        self.loaded |= before
        self.is_init = True  # mmengine's mark that this part needs no initialisation
        if hasattr(self, '_params_init_info'):
            update_init_info(self, init_info=f'load from {self.pretrained_source}')

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
        complete(self)

