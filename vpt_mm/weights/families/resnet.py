"""ResNets (He et al. 2016) of torchvision and timm, the variants with deep stem and average pooling included."""
from mmpretrain.models import ResNet as MMResNet

from .family import Family, require_plain

LAYERS = ('Conv2d', 'BatchNorm2d', 'ReLU', 'MaxPool2d', 'AvgPool2d', 'Identity')


class ResNet(Family):
    """Names are those of mmpretrain, but for the classifier and, in ResNet-D, stem and shortcuts."""

    name = 'ResNet'
    backbone = MMResNet
    names = ('layer1.0.conv1.weight',)
    renames = (
        (r'(conv1\.weight)', r'\1'),
        (r'(bn1\.\w+)', r'\1'),
        (r'(layer[1-4]\.\d+\.(?:conv[123]\.weight|bn[123]\.\w+|downsample\.[012]\.\w+))', r'\1'),
        (r'conv1\.0\.weight', r'stem.0.conv.weight'),
        (r'conv1\.1\.(\w+)', r'stem.0.bn.\1'),
        (r'conv1\.3\.weight', r'stem.1.conv.weight'),
        (r'conv1\.4\.(\w+)', r'stem.1.bn.\1'),
        (r'conv1\.6\.weight', r'stem.2.conv.weight'),
        *((rf'stem\.{3 * layer}\.weight', f'stem.{layer}.conv.weight') for layer in range(3)),  # mmseg, mmdet
        *((rf'stem\.{3 * layer + 1}\.(\w+)', rf'stem.{layer}.bn.\1') for layer in range(3)),
    )
    heads = r'(fc|head)(\..*)?'
    settings = dict(style="style='{}'", deep_stem='deep_stem={}', avg_down='avg_down={}')

    def recognises(self, state):
        classifies = any(name.startswith('fc.') for name in state)  # mmpretrain's own has a head instead
        return super().recognises(state) and (classifies or 'conv1.6.weight' in state or 'stem.6.weight' in state)

    def convert(self, state, facts):
        facts.setdefault('style', 'pytorch')  # the stride is the 3x3 convolution's
        deep, pooled = 'conv1.6.weight' in state, 'layer2.0.downsample.1.weight' in state and \
            state['layer2.0.downsample.1.weight'].dim() == 4
        facts.update(deep_stem=deep or 'stem.6.weight' in state, avg_down=pooled)
        converted = {}
        for key, tensor in super().convert(state, facts).items():
            if deep and key.startswith('bn1.'):
                key = key.replace('bn1.', 'stem.2.bn.')
            if pooled and key.startswith('layer1.0.downsample.'):  # there is nothing to pool at stride 1
                key = key.replace('downsample.1.', 'downsample.0.').replace('downsample.2.', 'downsample.1.')
            converted[key] = tensor
        return converted

    def read_timm(self, model):
        parts = [part for name, part in model.named_modules() if name.startswith(('conv1', 'maxpool', 'layer'))]
        require_plain([(part, LAYERS) for part in parts if not list(part.children())])
        return {}

    def structure(self, state):
        return dict(deep_stem='stem.0.conv.weight' in state)

    def describe(self, backbone):
        facts = dict(deep_stem=backbone.deep_stem, avg_down=backbone.avg_down)
        if hasattr(backbone.layer1[0], 'conv3'):
            facts['style'] = backbone.style
        return facts
