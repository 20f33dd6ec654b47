"""PromptOptimWrapperConstructor: the optimizer's groups, from rules on the names and kinds of parameters."""
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from ..errors import UsageError
from ..models.frozen import prompted_backbones
from ..models.openmmlab import unwrap
from ..models.tuned import role_of

NORMS = (_BatchNorm, _InstanceNorm, nn.GroupNorm, nn.LayerNorm)
BOUND = ('LearningRateDecayOptimizerConstructor', 'LayerDecayOptimizerConstructor')  # of mmseg and mmdet
KNOWN = ('ConvNeXt', 'BEiT', 'MAE')


def require_constructor(config):
    """Raise UsageError for a constructor that knows backbones by their classes' names, and not this one."""
    name = str((config.get('optim_wrapper') or {}).get('constructor')).rpartition('.')[2]
    backbone = str((config.model.get('backbone') or {}).get('type'))
    if name in BOUND and not any(known in backbone for known in KNOWN):
        raise UsageError(f'{name} knows the layers of {", ".join(KNOWN)} by name, and not those of {backbone}: take '
                         "constructor='PromptOptimWrapperConstructor' with "
                         'paramwise_cfg=dict(layer_decay_rate=..., norm_decay_mult=0, bias_decay_mult=0).')


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class PromptOptimWrapperConstructor:
    """Hands trainable parameters to the optimizer, in one group for each setting.

    ``paramwise_cfg`` may hold these, which multiply:

    - ``prompt_lr_mult``, ``prompt_decay_mult``: all that a tuning method trains in the backbone;
    - ``head_lr_mult``, ``head_decay_mult``: everything else;
    - ``norm_decay_mult``, ``bias_decay_mult``, ``flat_decay_mult``: what is of a norm, a bias, or of one dimension, the
      first of these; ``bias_lr_mult``: biases outside of norms (as in mmengine);
    - ``layer_decay_rate``: for each block of the backbone, from the last one down (as in mmpretrain);
    - ``custom_keys``: of those that occur in a parameter's name, the longest wins over the multipliers of its part, and
      no rule for norms, biases and single dimensions holds beside it.

    Raises:
        UsageError: another key in ``paramwise_cfg``, a multiplier without the value that it multiplies, or a layer
            decay for a backbone that does not say the depth of its layers.
    """

    multipliers = ('prompt_lr_mult', 'prompt_decay_mult', 'head_lr_mult', 'head_decay_mult', 'norm_decay_mult',
                   'bias_decay_mult', 'flat_decay_mult', 'bias_lr_mult', 'layer_decay_rate')

    def __init__(self, optim_wrapper_cfg, paramwise_cfg=None):
        self.wrapper_cfg = dict(optim_wrapper_cfg)
        self.optimizer_cfg = dict(self.wrapper_cfg.pop('optimizer'))
        self.paramwise = dict(paramwise_cfg or {})
        unknown = set(self.paramwise) - {*self.multipliers, 'custom_keys'}
        if unknown:
            raise UsageError(f"paramwise_cfg takes {', '.join(self.multipliers)} and custom_keys, got "
                             f"{', '.join(sorted(unknown))}.")

    def __call__(self, model):
        model = unwrap(model)
        backbones = prompted_backbones(model)
        norms = {f'{prefix}.{name}' for prefix, module in model.named_modules() if isinstance(module, NORMS)
                 for name, _ in module.named_parameters(recurse=False)}
        groups = {}
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                kinds = self.kinds(name, parameter, norms)
                settings = self.settings(name, role_of(name, backbones), kinds, self.layer_scale(name, backbones))
                groups.setdefault(tuple(settings.items()), []).append(parameter)
        params = [dict(params=parameters, **dict(settings)) for settings, parameters in groups.items()]
        if not params:
            raise UsageError('there is nothing to optimize: the model has neither prompts nor a head that trains.')
        optimizer = OPTIMIZERS.build(dict(params=params, **self.optimizer_cfg))
        return OPTIM_WRAPPERS.build({'type': 'PromptOptimWrapper', **self.wrapper_cfg, 'optimizer': optimizer})

    def kinds(self, name, parameter, norms):
        """What a parameter is, of 'norm', 'bias' and 'flat'."""
        facts = dict(norm=name in norms, bias=name.endswith('.bias'), flat=parameter.ndim == 1)
        return [kind for kind, holds in facts.items() if holds]

    def layer_scale(self, name, backbones):
        """The product of the layer decay down to this parameter; prompts and heads are behind all layers."""
        rate = self.paramwise.get('layer_decay_rate', 1)
        for prefix, backbone in backbones.items() if rate != 1 else ():
            if name.startswith(prefix):
                if not hasattr(backbone, 'get_layer_depth'):
                    raise UsageError(f'layer_decay_rate needs a backbone that tells the depth of its layers, and '
                                     f'{type(backbone).__name__} has no get_layer_depth: use custom_keys.')
                depth, count = backbone.get_layer_depth(name.removeprefix(prefix))
                return rate ** (count - depth - 1)
        return 1

    def settings(self, name, role, kinds, scale):
        """The group settings of one parameter: {'lr': ..., 'weight_decay': ...}, as far as they differ."""
        part = 'head' if role == 'head' else 'prompt'
        chosen = dict(lr_mult=self.paramwise.get(f'{part}_lr_mult', 1),
                      decay_mult=self.paramwise.get(f'{part}_decay_mult', 1))
        custom = [key for key in self.paramwise.get('custom_keys', {}) if key in name]
        if custom:
            chosen.update(self.paramwise['custom_keys'][max(custom, key=len)])
        else:
            ruled = [f'{kind}_decay_mult' for kind in kinds if f'{kind}_decay_mult' in self.paramwise]
            chosen['decay_mult'] *= self.paramwise[ruled[0]] if ruled else 1
            chosen['lr_mult'] *= self.paramwise.get('bias_lr_mult', 1) if 'norm' not in kinds and 'bias' in kinds else 1
        settings = {key: value for key, value in chosen.items() if key not in ('lr_mult', 'decay_mult')}
        for key, multiplier in (('lr', chosen['lr_mult'] * scale), ('weight_decay', chosen['decay_mult'])):
            if multiplier != 1:
                if key not in self.optimizer_cfg:
                    raise UsageError(f'a multiplier of {key} needs {key} in the optimizer config, got none.')
                settings[key] = self.optimizer_cfg[key] * multiplier
        return settings
