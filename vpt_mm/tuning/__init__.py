"""Tuning methods: each owns what is learned inside a frozen backbone."""
from .method import TuningList, TuningMethod, build_tuning
from .prompts import DeepPrompt, ShallowPrompt
from .selection import BiasTuning, FullTuning, LinearProbe

__all__ = ['BiasTuning', 'DeepPrompt', 'FullTuning', 'LinearProbe', 'ShallowPrompt', 'TuningList',
           'TuningMethod', 'build_tuning']
