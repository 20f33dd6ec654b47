"""ClassNamesHook: the classes of the data, for heads that know them by name."""
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop

from ..errors import UsageError
from ..models.class_texts import name_classes, texts_in
from ..models.openmmlab import head_of


@HOOKS.register_module()
class ClassNamesHook(Hook):
    """Names the classes of a ``WordsHead`` or ``WordsDecodeHead`` as the data of the run does.

    Raises:
        UsageError: another head, or data without names of classes.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner):
        self.name(runner, runner.train_dataloader)

    def before_val(self, runner):
        self.name(runner, runner.val_dataloader)

    def after_val(self, runner):
        if isinstance(runner._train_loop, BaseLoop):  # which goes on with its own
            self.name(runner, runner.train_dataloader)

    def before_test(self, runner):
        self.name(runner, runner.test_dataloader)

    def name(self, runner, dataloader):
        texts, names = texts_in(runner.model), (getattr(dataloader.dataset, 'metainfo', None) or {}).get('classes')
        if texts is None:
            raise UsageError('ClassNamesHook is for a WordsHead or WordsDecodeHead, and this model has '
                             f'{type(head_of(runner.model)).__name__}: remove it.')
        if not names:
            raise UsageError(f'{type(dataloader.dataset).__name__} has no names of classes: set metainfo=dict(classes='
                             '[...]) in the dataset, or classes of the head.')
        if list(names) != texts.names:
            name_classes(runner.model, names)
