"""Whether a prompted backbone can be built and run, found out without weights."""
from mmengine.utils import import_modules_from_strings

from ..engine.checks.parts import preprocessor_of, steps_of
from ..errors import UsageError
from ..models.weightless import build_weightless

CROPS = {'RandomCrop': 'crop_size', 'CenterCrop': 'crop_size', 'RandomResizedCrop': 'scale'}


def try_backbone(backbone, tuning, *, scope, size=None):
    """Build a prompted backbone with a tuning method, and run it on an image, both by shapes alone; returns it.

    Args:
        backbone: config of a prompted backbone.
        tuning: config of a tuning method.
        scope: default scope of the whole config.
        size: (height, width) of the images that it will be trained on, where that is known.

    Raises:
        UsageError: it can't be built, does not run on images, not on those of this size, or the method does not fit.
    """
    built = build_backbone({**backbone, 'tuning': tuning}, scope=scope)
    if backbone['type'] == 'PromptedBackbone':
        built.host.shapes()
        if size is not None:
            _require_size(built.host, size)
    return built


def build_backbone(backbone, *, scope):
    """A prompted backbone without weights, or a UsageError that says why there is none."""
    if 'init_cfg' in backbone:
        backbone = {**backbone, 'init_cfg': None}
    try:
        return build_weightless(backbone, scope=scope).to('meta')  # tables that numpy made as well
    except UsageError:
        raise
    except Exception as error:  # whatever a class of another package says
        name = backbone.get('of', backbone['type'])
        raise UsageError(f'the backbone {name} cannot be built: {type(error).__name__}: '
                         f'{" ".join(str(error).split())}') from error


def image_size(config):
    """(height, width) of the images of a config in training, as its crops say; None where they do not."""
    loader = config.get('train_dataloader') or {}
    dataset = loader.get('dataset') or {}
    dataset = dataset.get('dataset') or dataset
    crops = [step[CROPS[step['type']]] for step in steps_of(dataset.get('pipeline'))
             if step.get('type') in CROPS and CROPS[step['type']] in step]
    size = preprocessor_of(config).get('size') or (crops[-1] if crops else None)
    return (size, size) if isinstance(size, int) else tuple(size) if size else None


def import_scope(scope):
    """Register the models of a library of OpenMMLab's."""
    if scope and scope != 'mmengine':
        import_modules_from_strings([f'{scope}.models'])


def _require_size(host, size):
    """Raise UsageError, with sizes that would do, where the backbone does not run on images of this one."""
    if _runs(host, size):
        return
    patch = host.first_conv.stride
    fewer = [side // step * step for side, step in zip(size, patch)]
    more = [side + step for side, step in zip(fewer, patch)]
    others = ' or '.join(f'{height}x{width}' for height, width in (fewer, more, host.image_size)
                         if min(height, width) and _runs(host, (height, width)))
    raise UsageError(f'{host.title} takes no crops of {size[0]}x{size[1]}: it does not pad, and its patches are '
                     f'{patch[0]}x{patch[1]}. Crop to {others}.')


def _runs(host, size):
    try:
        host.shapes(size)
    except UsageError:
        return False
    return True
