"""Tuning methods: each owns what is learned inside a frozen backbone."""
from .adapter import Adapter, LoRA
from .added import AddedPrompt
from .build import build_tuning
from .composed import TuningList
from .method import TuningMethod
from .pixels import ChannelPrompt, PixelPadPrompt, PixelPatchPrompt
from .prefix import PrefixPrompt
from .prompts import DeepPrompt, ShallowPrompt
from .selection import BiasTuning, ClsTokenTuning, FullTuning, LinearProbe, PartialTuning
from .side import SideTuning

__all__ = ['Adapter', 'AddedPrompt', 'BiasTuning', 'ChannelPrompt', 'ClsTokenTuning', 'DeepPrompt', 'FullTuning',
           'LinearProbe', 'LoRA', 'PartialTuning', 'PixelPadPrompt', 'PixelPatchPrompt', 'PrefixPrompt',
           'ShallowPrompt', 'SideTuning', 'TuningList', 'TuningMethod', 'build_tuning']
