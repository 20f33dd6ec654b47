"""How the blocks of the libraries' transformers run in pieces, so that a tuning method can stand between them."""
from . import beit, deit3, eva02, hivit, mit, sam, swin_v2, timm, twins, vit
from .kind import BlockKind, Call, kind_of

__all__ = ['BlockKind', 'Call', 'beit', 'deit3', 'eva02', 'hivit', 'kind_of', 'mit', 'sam', 'swin_v2', 'timm', 'twins',
           'vit']
