"""Relative-position tables of another window size, resized while they are loaded."""
import numpy as np
import torch

from ...errors import UsageError


def fit_bias_tables(backbone, state_dict, prefix):
    """Resize the tables of a state dict to the windows of a Swin backbone, in place.

    The index buffers follow from the window size: they become the backbone's own.

    Raises:
        UsageError: a table too small to be interpolated.
    """
    own = backbone.state_dict()
    for key in [key for key in own if key.endswith('.relative_position_bias_table')]:
        table = state_dict.get(prefix + key)
        if table is not None and len(table) != len(own[key]):
            index = key.replace('bias_table', 'index')
            state_dict[prefix + key] = resize_bias_table(table, len(own[key]))
            state_dict[prefix + index] = own[index]


def resize_bias_table(table, count):
    """(n * n, heads) to (count, heads), by cubic splines over coordinates that grow geometrically.

    Neighbours stay one apart, so near positions keep their values and far ones are stretched, as in BEiT
    (Bao et al. 2021, the released code). The numbers are those of mmpretrain on a scipy before 1.14.
    """
    from scipy.interpolate import RectBivariateSpline  # which takes long to import, and is seldom needed
    source, target = round(len(table) ** 0.5), round(count ** 0.5)
    if source < 5:
        raise UsageError(f'a relative-position table of {source}x{source} is too small for cubic interpolation: '
                         'it needs a window of at least 3; build the backbone with the window of the checkpoint.')
    places = _geometric_places(source // 2, target // 2)
    wanted = np.arange(target) - target // 2
    grids = table.detach().cpu().float().numpy().reshape(source, source, -1)
    fitted = [RectBivariateSpline(places, places, grids[..., head])(wanted, wanted).ravel()
              for head in range(grids.shape[-1])]
    return torch.tensor(np.stack(fitted, axis=1), dtype=table.dtype, device=table.device)


def _geometric_places(reach, wanted):
    """-d .. 0 .. d with steps 1, q, q^2 ...; q, in 1.01..1.5, is where ``reach`` steps end at ``wanted``."""
    low, high = 1.01, 1.5
    while high - low > 1e-6:
        ratio = (low + high) / 2
        if (1 - ratio ** reach) / (1 - ratio) > wanted:
            high = ratio
        else:
            low = ratio
    steps = np.cumsum(ratio ** np.arange(reach))
    return np.concatenate([-steps[::-1], [0], steps])
