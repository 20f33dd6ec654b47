"""Tuning methods: each owns what is learned inside a frozen backbone."""
from .adapter import Adapter
from .added import AddedPrompt
from .build import build_tuning
from .coda import CodaPrompt
from .composed import TuningList
from .context import ConditionalContext, ContextPrompt
from .cross import CrossPrompt
from .domain import DomainContext
from .experts import DualPrompt
from .fourier import FourierPrompt
from .gated import GatedPrompt
from .guided import GuidedPrompt
from .lora import LoRA
from .losses import collect_losses
from .method import Memory, Place, TuningMethod
from .mona import Mona
from .parallel import AdaptFormer, Convpass
from .pixels import ChannelPrompt, PixelPadPrompt, PixelPatchPrompt
from .pool import PromptPool
from .prefix import PrefixPrompt
from .prompts import DeepPrompt, ShallowPrompt
from .pruned import PrunedPrompt
from .registry import TUNING_METHODS
from .rein import Rein
from .scaled import SSF
from .selection import BiasTuning, ClsTokenTuning, FullTuning, LinearProbe, NormTuning, PartialTuning
from .side import SideTuning

__all__ = ['SSF', 'TUNING_METHODS', 'AdaptFormer', 'Adapter', 'AddedPrompt', 'BiasTuning', 'ChannelPrompt',
           'ClsTokenTuning', 'CodaPrompt', 'ConditionalContext', 'ContextPrompt', 'Convpass', 'CrossPrompt',
           'DeepPrompt', 'DomainContext', 'DualPrompt', 'FourierPrompt', 'FullTuning', 'GatedPrompt', 'GuidedPrompt',
           'LinearProbe', 'LoRA', 'Memory', 'Mona', 'NormTuning', 'PartialTuning', 'PixelPadPrompt', 'PixelPatchPrompt',
           'Place', 'PrefixPrompt', 'PromptPool', 'PrunedPrompt', 'Rein', 'ShallowPrompt', 'SideTuning', 'TuningList',
           'TuningMethod', 'build_tuning', 'collect_losses']
