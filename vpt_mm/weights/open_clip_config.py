"""facts_beside(): what the configuration beside a file of open_clip says of a tower, and no tensor shows."""
import json
from pathlib import Path

from ..errors import UsageError

NAME = 'open_clip_config.json'


def facts_beside(checkpoint, tower):
    """Facts of a tower from ``open_clip_config.json`` in the folder of a local file; none without one.

    Args:
        checkpoint: path or address of the weights.
        tower: 'text' or 'vision'.

    Returns:
        dict: ``activation``, ``eps`` and ``num_heads``; of the image tower ``mean`` and ``std`` as well, where said.

    Raises:
        UsageError: something else in a file of this name, or an activation with arguments.
    """
    path = Path(str(checkpoint)).expanduser().parent / NAME
    if '://' in str(checkpoint) or not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        model, images = content['model_cfg'], content.get('preprocess_cfg') or {}
        of_tower = model[f'{tower}_cfg']
        heads = of_tower['heads'] if tower == 'text' else of_tower['width'] // of_tower.get('head_width', 64)
        eps = (of_tower.get('norm_kwargs') or {}).get('eps', 1e-5)
        facts: dict[str, object] = dict(activation='QuickGELU' if model.get('quick_gelu') else 'GELU', eps=float(eps),
                                        num_heads=int(heads))
        if tower == 'vision' and 'mean' in images:
            facts.update({name: tuple(float(value) for value in images[name]) for name in ('mean', 'std')})
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError, RecursionError) as error:
        raise UsageError(f'{path} is not a configuration of open_clip ({type(error).__name__}: {error}): fetch it '
                         'again, or take the weights out of its folder.') from None
    if of_tower.get('act_kwargs'):
        raise UsageError(f"{path} gives the activation arguments, {of_tower['act_kwargs']}, which no tower here has: "
                         'take a model without them.')
    return facts
