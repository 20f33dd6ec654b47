"""name_as_timm(): EfficientNet-Lite of the package efficientnet_lite_pytorch under timm's names."""
import re
from itertools import accumulate

REPEATS = (1, 2, 2, 3, 3, 4, 1)  # blocks of each stage of Lite0 (Tan and Le 2019, table 1)
STARTS = tuple(accumulate((0, *REPEATS[:-1])))
FIRST = {'_depthwise_conv': 'conv_dw', '_bn1': 'bn1', '_project_conv': 'conv_pw', '_bn2': 'bn2'}  # it expands nothing
LATER = {'_expand_conv': 'conv_pw', '_bn0': 'bn1', '_depthwise_conv': 'conv_dw', '_bn1': 'bn2',
         '_project_conv': 'conv_pwl', '_bn2': 'bn3'}
ENDS = {'_conv_stem': 'conv_stem', '_bn0': 'bn1', '_conv_head': 'conv_head', '_bn1': 'bn2'}
HEAD = '_fc.'


def name_as_timm(state: dict) -> dict:
    """{name of timm's: tensor}, without the classifier.

    Args:
        state: {name of the package's: tensor}, whose blocks are counted through all stages.

    Raises:
        KeyError: a name that is not of this model.
    """
    return {_rename(key): tensor for key, tensor in state.items() if not key.startswith(HEAD)}


def _rename(key):
    block = re.fullmatch(r'_blocks\.(\d+)\.(\w+)\.(\w+)', key)
    if not block:
        part, _, tensor = key.partition('.')
        return f'{ENDS[part]}.{tensor}'
    number, part, tensor = int(block[1]), block[2], block[3]
    stage = max(stage for stage, start in enumerate(STARTS) if start <= number)
    return f'blocks.{stage}.{number - STARTS[stage]}.{(LATER if number else FIRST)[part]}.{tensor}'
