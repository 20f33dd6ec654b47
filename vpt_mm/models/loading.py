"""LoadsPretrained: a backbone that loads its weights itself, and knows what came from where."""
from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from mmengine.logging import print_log
from mmengine.model import update_init_info
from torch import Tensor

from ..compat import mend_scipy
from ..errors import UsageError, some
from ..tuning.method import KeepsValues
from ..weights.own import OtherPositionsError
from ..weights.pretrained import load_pretrained, read_pretrained
from ..weights.state import TUNING
from .guard import complete, welcome


class LoadsPretrained(KeepsValues):
    """Mixin of backbones: ``init_weights`` loads the checkpoint that ``init_cfg`` names, of any known naming.

    Attributes:
        loaded: state-dict keys that came from a checkpoint.
        sourced: those of them that ``init_cfg`` can load again.
        unfit: {key: (its shape, ours)} of what a checkpoint had in another shape.
        facts: what is known of the pretrained model, such as its input normalisation.
    """

    init_cfg: Any = None  # of a plain module of torch, which has none
    tuning: Any
    reads_by: Any = staticmethod(read_pretrained)  # a checkpoint, to the names of this backbone
    computed_keys: frozenset[str]
    originals: Mapping[str, Tensor] | None = None  # of weights that train, where no init_cfg could restore them
    may_be_random = False  # True: weights that can't be loaded are not an error (FreezeBackboneHook sets it)

    def account_for_loading(self) -> None:
        """Start the accounts; once, at construction."""
        self.loaded: set[str] = set()
        self.sourced: set[str] = set()
        self.unfit: dict[str, tuple[Any, Any]] = {}
        self.facts: dict[str, Any] = {}
        self._register_load_state_dict_pre_hook(self._note_loaded)

    @property
    def keeps_values(self) -> bool:
        """Whether all weights of the backbone came from a checkpoint."""
        known = self.loaded | self.computed_keys
        return known.issuperset(key for key, tensor in self.state_dict().items()
                                if tensor.is_floating_point() and not key.startswith(TUNING))

    def init_weights(self) -> None:
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
    def pretrained_source(self) -> str | None:
        """The checkpoint that ``init_cfg`` names, or None."""
        config = self.init_cfg if isinstance(self.init_cfg, dict) else {}
        return config.get('checkpoint') if config.get('type') == 'Pretrained' else None

    def read_originals(self, names: list[str]) -> dict[str, Tensor]:
        """The weights of these names as the source has them.

        Raises:
            UsageError: ``init_cfg`` names no source, or it lacks some of them.
        """
        source, state = self.pretrained_source, self.originals or {}
        if source and not state:
            state = self.reads_by(self, source, **self._source_options()).state
        absent = [name for name in names if name not in state]
        if absent:
            raise UsageError(f"the plain features need the backbone's own {some(absent)}, which {type(self).__name__} "
                             "has trained since and no checkpoint holds: set init_cfg=dict(type='Pretrained', "
                             'checkpoint=...) on the backbone, or take a tuning method that leaves them frozen.')
        return {name: state[name] for name in names}

    def _prefer_pretrained(self) -> None:
        """A pretrained model overwrites every other recipe; mmpretrain runs some of them after it."""
        if isinstance(self.init_cfg, (list, tuple)):
            pretrained = [recipe for recipe in self.init_cfg if recipe.get('type') == 'Pretrained']
            self.init_cfg = pretrained[-1] if pretrained else self.init_cfg

    def _source_options(self) -> dict[str, Any]:
        return {key: value for key, value in self.init_cfg.items() if key not in ('type', 'checkpoint')}

    def _load_pretrained(self) -> None:
        """What mmengine's Pretrained does, for weights of any known naming that agree with the config."""
        before, self.loaded = self.loaded, set()
        try:
            self.facts = load_pretrained(self, self.pretrained_source, read=self.reads_by,
                                         **self._source_options()).facts
        except OtherPositionsError as refusal:
            try:
                mend_scipy()
                super().init_weights()  # the class resizes them, or leaves them as they are
            except Exception as error:  # whatever its own code raises
                raise UsageError(f'{refusal} {type(self).__name__} cannot resize them: {type(error).__name__}: '
                                 f'{" ".join(str(error).split())}') from error
            if not self.keeps_values:
                raise
        self.sourced |= self.loaded
        self.loaded |= before
        welcome(self)
        self.is_init = True  # mmengine's mark that this part needs no initialisation
        if hasattr(self, '_params_init_info'):
            update_init_info(self, init_info=f'load from {self.pretrained_source}')

    def _note_loaded(self, state_dict: dict[str, Tensor], prefix: str, *args: Any) -> None:
        """Keep account of what a checkpoint loads (called before every load)."""
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
