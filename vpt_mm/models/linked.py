"""linked_model(): a model whose Mask2Former head takes its queries from the tokens of Rein."""
from __future__ import annotations

from typing import Any

from mmengine.registry import MODELS
from torch import Tensor, nn

from ..errors import UsageError
from ..tuning.composed import methods_of
from ..tuning.rein import Rein
from .frozen import prompted_backbones

BOTH = "a LinkedModel has one backbone with tuning=dict(type='Rein', link=256) and one Mask2Former head"


def linked_model(*, of: str, **arguments: Any) -> Any:
    """A model of OpenMMLab's in which Rein and Mask2Former are linked: ``LinkedModel`` in configs.

    The query features of the head, which it would learn by itself, are :meth:`~vpt_mm.tuning.rein.Rein.queries`; its
    query positions stay its own. They depend on parameters alone, so they are the same for every image.

    Args:
        of: class of the model with its scope: 'mmseg.EncoderDecoder', or 'mmdet.Mask2Former'.
        arguments: of the class. The backbone's tuning is Rein with a ``link``, and the head is mmseg's or mmdet's
            Mask2Former with as many queries as Rein has tokens.

    Raises:
        UsageError: mmdet is not installed, there is no such head or no such tuning, or sizes that differ.
    """
    kind = require_mask2former()
    model = MODELS.build(dict(arguments, type=of))
    heads = [module for module in model.modules() if isinstance(module, kind)]
    linking = [method for backbone in prompted_backbones(model).values() for method in methods_of(backbone.tuning)
               if isinstance(method, Rein) and method.link is not None]
    if len(heads) != 1 or len(linking) != 1:
        raise UsageError(f"{BOTH}: {of} has {len(linking)} of the one and {len(heads)} of the other. Under another "
                         "head, leave Rein's link out, and set the type of the model in place of LinkedModel.")
    _link(heads[0], linking[0])
    return model


MODELS.register_module('LinkedModel', module=linked_model)


def require_mask2former() -> Any:
    """mmdet's class of Mask2Former heads, of which mmseg's is a subclass.

    Raises:
        UsageError: mmdet is not installed.
    """
    try:
        from mmdet.models.dense_heads import Mask2FormerHead
    except ImportError as error:
        raise UsageError(f"Rein's link makes queries of Mask2Former, which is of mmdet, and that can't be imported "
                         f'({error}): install mmdet (the extra `det`), or leave link out under another head.') from None
    return Mask2FormerHead


def _link(head: Any, rein: Rein) -> None:
    width = head.query_feat.embedding_dim
    for name, own, theirs, theirs_name in (('length', rein.length, head.num_queries, 'num_queries'),
                                           ('link', rein.link, width, 'feat_channels')):
        if own != theirs:
            raise UsageError(f"Rein's tokens become the queries of the head, so {name}={own} of Rein and "
                             f'{theirs_name}={theirs} of {type(head).__name__} must be the same.')
    head.query_feat, rein.linked = LinkedQueries(rein), True


class LinkedQueries(nn.Module):
    """Stands where a head has an embedding of its queries, and has no parameters: they are Rein's.

    Args:
        rein: the method, in the backbone of the same model. A copy of the model has a copy of both.
    """

    def __init__(self, rein: Rein) -> None:
        super().__init__()
        self.of = (rein,)  # not a submodule, whose parameters would be the head's as well

    @property
    def weight(self) -> Tensor:
        """(queries, C)."""
        return self.of[0].queries()
