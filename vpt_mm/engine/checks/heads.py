"""Heads: each is built for the classes of the data, for the labels that are ignored, and for what batches become."""
from ...errors import UsageError, some
from ...models.linked import require_mask2former
from ...tuning.rein import UNLINKED
from .parts import backbones_of, heads_of, leaves, listed, metrics_of, name_of, preprocessor_of, steps_of

BY_NAME = ('WordsHead', 'WordsDecodeHead')
IGNORED = 255  # the default of mmseg's heads, metrics and transforms


def classes_of(model):
    """The number of classes that the first head with such a number is built for, or None."""
    return next((head['num_classes'] for head in heads_of(model).values() if head.get('num_classes')), None)


def is_by_name(model):
    """Whether a model takes the names of its classes from the data, so that each phase may ask for other ones."""
    return any(name_of(head) in BY_NAME and head.get('classes') is None for head in heads_of(model).values())


def ignored_by(model):
    """The label that the model's heads ignore."""
    return next((head['ignore_index'] for head in heads_of(model).values() if 'ignore_index' in head), IGNORED)


def check_classes(model, classes, kind):
    """Every head is built for the classes of the data.

    Args:
        model: config of the whole model.
        classes: names of the data's classes.
        kind: name of the dataset's class, for the message.

    Raises:
        UsageError: names the head and both numbers.
    """
    for place, head in heads_of(model).items():
        count = head.get('num_classes')
        if count is not None and classes and count != len(classes):
            raise UsageError(f'{kind} has {len(classes)} classes ({some(classes)}), but {place} is built for {count}: '
                             f'set {place}.num_classes={len(classes)}.')


def check_names_agree(names):
    """Training, validation and test number the same classes alike.

    Args:
        names: {phase: names of its classes, or None}.

    Raises:
        UsageError: names the first difference.
    """
    known = {phase: list(classes) for phase, classes in names.items() if classes}
    for phase, classes in known.items():
        first = next(iter(known))
        if classes != known[first]:
            one, other = next((pair for pair in zip(known[first], classes) if pair[0] != pair[1]),
                              (len(known[first]), len(classes)))
            raise UsageError(f'classes must have the same names and order in all parts of the data, but {first} has '
                             f'{one!r} where {phase} has {other!r}: labels would mean something else there.')


def mixes(config):
    """Whether a classifier's labels become one-hot, as for Mixup."""
    preprocessor = preprocessor_of(config)
    return 'head' in config.model and bool(preprocessor.get('batch_augments') or preprocessor.get('to_onehot')
                                           or (config.model.get('train_cfg') or {}).get('augments'))


def check_mixing(config):
    """Labels that become one-hot have the width of the head, and accuracy while training has something to count."""
    head = config.model.get('head') or {}
    count, classes = preprocessor_of(config).get('num_classes'), head.get('num_classes')
    if mixes(config) and classes is not None and count != classes:
        raise UsageError(f'batches are mixed, for which labels become one-hot in {count} classes (num_classes of the '
                         f'data_preprocessor), but the head has {classes}: set data_preprocessor.num_classes='
                         f'{classes}.')
    best = max(listed(head.get('topk')) or [1])
    if head.get('cal_acc') and mixes(config):
        raise UsageError('model.head.cal_acc counts right labels while training, and mixed images have none: set it to '
                         'False.')
    if head.get('cal_acc') and classes is not None and best > classes:
        raise UsageError(f'model.head.topk asks for the best {best} of {classes} classes: set model.head.topk=(1,).')


def check_ignored(config):
    """Heads, padding, transforms and metrics ignore the same label.

    Raises:
        UsageError: names the two that do not.
    """
    data = {phase: leaf for phase in ('train', 'val', 'test') if config.get(f'{phase}_dataloader')
            for leaf in leaves(config[f'{phase}_dataloader']['dataset'])}
    steps = list(steps_of(data.get('train', {}).get('pipeline')))
    if 'decode_head' not in config.model or not any(name_of(step) == 'LoadAnnotations' for step in steps):
        return
    places = {f'{place}.ignore_index': head.get('ignore_index', IGNORED)
              for place, head in heads_of(config.model).items()}
    places['seg_pad_val of the data_preprocessor'] = preprocessor_of(config).get('seg_pad_val', IGNORED)
    for step in steps:
        places.update(_padding(step))
    for phase in data:
        for metric in metrics_of(config, phase):
            if name_of(metric) == 'IoUMetric':
                places[f'{phase}_evaluator.ignore_index'] = metric.get('ignore_index', IGNORED)
    first, label = next(iter(places.items()))
    for place, other in places.items():
        if other != label:
            raise UsageError(f'pixels that are ignored must have one label everywhere, but {first} is {label} and '
                             f'{place} is {other}: set the one to the other.')
    if label != IGNORED and any(dataset.get('reduce_zero_label') for dataset in data.values()):
        raise UsageError(f'reduce_zero_label makes unlabelled pixels {IGNORED}, but {first} is {label}: set it to '
                         f'{IGNORED}.')


def check_link(config):
    """Queries that Rein makes are taken by a head, for which mmdet is there.

    Raises:
        UsageError: no such head, or no mmdet.
    """
    tunings = [one for backbone in backbones_of(config.model).values() for one in listed(backbone.get('tuning'))]
    if any(isinstance(one, dict) and name_of(one) == 'Rein' and one.get('link') is not None for one in tunings):
        if name_of(config.model.get('module', config.model)) != 'LinkedModel':
            raise UsageError(UNLINKED)
        require_mask2former()


def _padding(step):
    """{place: label} that a transform gives to pixels which it adds to a mask."""
    padding = step.get('pad_val')
    found = {f'{name_of(step)}.seg_pad_val': step.get('seg_pad_val')}
    if isinstance(padding, dict):
        found[f'{name_of(step)}.pad_val.seg'] = padding.get('seg')
    return {place: label for place, label in found.items() if label is not None}
