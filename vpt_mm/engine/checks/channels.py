"""Channels: statistics of the three colours are in the order in which the model sees them."""
from ...models.openmmlab import swaps_channels
from .parts import preprocessor_of, warn

IMAGENET_RGB = (123.675, 116.28, 103.53)  # means of red, green and blue over ImageNet, which is never as blue as red


def check_channels(config):
    """Warn where the means of a data preprocessor are ImageNet's in the other order than the images' channels."""
    preprocessor = preprocessor_of(config)
    mean = preprocessor.get('mean') or ()
    order = next((name for name, means in (('RGB', IMAGENET_RGB), ('BGR', IMAGENET_RGB[::-1]))
                  if len(mean) == 3 and all(abs(one - other) < 0.5 for one, other in zip(mean, means))), None)
    seen = 'RGB' if swaps_channels(preprocessor) else 'BGR'
    if order not in (None, seen):
        warn(f'the data_preprocessor has means of {order} ({list(mean)}), but images are {seen} there, as OpenMMLab '
             'loads BGR: set ' + ('bgr_to_rgb=True (in mmpretrain to_rgb=True).' if order == 'RGB' else
                                  'the means of RGB, or leave the channels as they are.'))
