"""FreezeBackboneHook: what is frozen in a run came from somewhere, and stays as it came."""
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from ..errors import UsageError
from ..models.frozen import (
    frozen_weights,
    prompted_backbones,
    require_normalization,
    require_pretrained,
    versions_of,
)
from ..models.openmmlab import is_segmentor, unwrap
from ..models.tuned import tuned_table
from ..tuning.composed import methods_of
from ..tuning.method import has_losses
from ..weights.fingerprint import fingerprint
from ..weights.state import TUNING
from .companions import register_once
from .guide_hook import GuideHook, guided_backbones
from .optim import require_taken
from .restore_hook import RestoreHook
from .scores_hook import CheckScoresHook


@HOOKS.register_module()
class FreezeBackboneHook(Hook):
    """Watches over a frozen backbone; the freezing itself is done by the backbone at construction.

    Before the first step: exactly the parameters that the tuning method names train, and every frozen tensor holds
    pretrained values. While training: nothing frozen moved or left eval mode. At the end: the frozen weights are
    bit-identical. Hooks come with it: :class:`RestoreHook`, for checkpoints without frozen weights,
    :class:`CheckScoresHook` and, for GuidedPrompt, :class:`GuideHook`.

    Args:
        interval: iterations between the checks while training.
        allow_random_backbone: train on frozen weights that came from no checkpoint.
        allow_other_normalization: train on images that are normalised otherwise than for pretraining.

    Raises:
        UsageError: a rule above is broken by the config or the files.
        RuntimeError: a rule above is broken while training.
    """

    priority = 'VERY_HIGH'  # that of RestoreHook, which it registers

    def __init__(self, interval=50, allow_random_backbone=False, allow_other_normalization=False):
        self.interval = interval
        self.allow_other_normalization = allow_other_normalization
        self.allow_random_backbone = allow_random_backbone

    def add_companions(self, runner):
        register_once(runner, RestoreHook(), CheckScoresHook())
        if guided_backbones(runner.model):
            register_once(runner, GuideHook())

    def after_load_checkpoint(self, runner, checkpoint):  # which may be before a run
        self.add_companions(runner)

    def before_run(self, runner):
        self.add_companions(runner)
        backbones = prompted_backbones(runner.model)
        if not backbones:
            raise UsageError('FreezeBackboneHook needs a backbone with a tuning method: set tuning=dict(...) on '
                             'a Prompted backbone, or remove the hook.')
        for backbone in backbones.values():
            backbone.may_be_random = self.allow_random_backbone
            if is_segmentor(runner.model) and not backbone.tuning.dense:
                raise UsageError("this tuning method learns for a classifier's feature, which a segmentor does not "
                                 'read: take another one than SideTuning.')

    def before_train(self, runner):
        self.check_trainable(runner)
        self.check_losses(runner)
        if not self.allow_random_backbone:
            require_pretrained(runner.model)
        if not self.allow_other_normalization:
            require_normalization(runner.model)
        self.fingerprint = fingerprint(frozen_weights(runner.model))
        runner.message_hub.update_info('frozen_weights', self.fingerprint)
        self.versions = versions_of(runner.model)
        runner.logger.info(tuned_table(unwrap(runner.model)))

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if self.every_n_train_iters(runner, self.interval):
            self.check_untouched(runner)

    def after_train(self, runner):
        self.check_untouched(runner)
        if fingerprint(frozen_weights(runner.model)) != self.fingerprint:
            raise RuntimeError('frozen weights changed during training: something wrote to them past autograd; '
                               'look for hooks that use `.data`.')
        if self.fingerprint:
            runner.logger.info(f'The frozen weights are bit-identical after training: {self.fingerprint[:16]}')

    def check_trainable(self, runner):
        for prefix, backbone in prompted_backbones(runner.model).items():
            for name, parameter in backbone.named_parameters():
                expected = name in backbone.trained or name.startswith(TUNING) and parameter.requires_grad
                if parameter.requires_grad != expected:
                    raise UsageError(f'{prefix}{name} has requires_grad={parameter.requires_grad}, but the tuning '
                                     f'method says {expected}: freezing is done at construction, undo what '
                                     'changed it since.')

    def check_losses(self, runner):
        """A method's own losses need an optimizer wrapper that adds them to the model's."""
        for backbone in prompted_backbones(runner.model).values():
            for method in methods_of(backbone.tuning):
                if has_losses(method):
                    require_taken(type(method).__name__, runner.optim_wrapper)

    def check_untouched(self, runner):
        for prefix, backbone in prompted_backbones(runner.model).items():
            if backbone.tuning.trains_backbone:
                continue
            awake = [name for child, module in backbone.own_children.items()
                     for name, part in module.named_modules(prefix=child) if part.training]
            if awake:
                raise RuntimeError(f'frozen modules must stay in eval mode, {prefix}{awake[0]} is in train mode.')
        moved = [key for key, version in versions_of(runner.model).items() if version != self.versions[key]]
        if moved:
            raise RuntimeError(f'frozen weights must not move, but {moved[0]} was written to during training.')

