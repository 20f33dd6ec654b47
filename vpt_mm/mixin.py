"""Mixin: the base of classes that stand in front of others, whose attributes are those of what they are mixed into."""
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Mixin: Any
else:
    Mixin = object
