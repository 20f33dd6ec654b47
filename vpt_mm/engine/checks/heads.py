"""Heads: each is built for the classes of the data, for the labels that are ignored, and for what batches become."""
from ...errors import UsageError, some
from .parts import heads_of, listed, name_of, preprocessor_of

IGNORED = 255  # the default of mmseg's heads, metrics and transforms


def classes_of(model):
    """The number of classes that the first head with such a number is built for, or None."""
    return next((head['num_classes'] for head in heads_of(model).values() if head.get('num_classes')), None)


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


def check_mixing(config):
    """Where labels become one-hot, as for Mixup, they have the width of the head."""
    preprocessor, model = preprocessor_of(config), config.model
    mixes = (preprocessor.get('batch_augments') or preprocessor.get('to_onehot')
             or (model.get('train_cfg') or {}).get('augments'))
    count, head = preprocessor.get('num_classes'), classes_of(model)
    if mixes and 'head' in model and head is not None and count != head:
        raise UsageError(f'batches are mixed, for which labels become one-hot in {count} classes (num_classes of the '
                         f'data_preprocessor), but the head has {head}: set data_preprocessor.num_classes={head}.')


def check_ignored(config):
    """Heads, padding, transforms and metrics ignore the same label.

    Raises:
        UsageError: names the two that do not.
    """
    heads = {place: head for place, head in heads_of(config.model).items() if 'decode_head' in place or 'aux' in place}
    if not heads:
        return
    places = {f'{place}.ignore_index': head.get('ignore_index', IGNORED) for place, head in heads.items()}
    places['seg_pad_val of the data_preprocessor'] = preprocessor_of(config).get('seg_pad_val', IGNORED)
    for phase in ('train', 'val', 'test'):
        dataset = (config.get(f'{phase}_dataloader') or {}).get('dataset') or {}
        for step in dataset.get('pipeline') or () if phase == 'train' else ():
            places.update(_padding(step))
        for metric in listed(config.get(f'{phase}_evaluator')):
            if name_of(metric) == 'IoUMetric':
                places[f'{phase}_evaluator.ignore_index'] = metric.get('ignore_index', IGNORED)
    first, label = next(iter(places.items()))
    for place, other in places.items():
        if other != label:
            raise UsageError(f'pixels that are ignored must have one label everywhere, but {first} is {label} and '
                             f'{place} is {other}: set the one to the other.')
    zero = [dataset for phase in ('train', 'val', 'test')
            if (dataset := (config.get(f'{phase}_dataloader') or {}).get('dataset') or {}).get('reduce_zero_label')]
    if zero and label != IGNORED:
        raise UsageError(f'reduce_zero_label makes unlabelled pixels {IGNORED}, but {first} is {label}: set it to '
                         f'{IGNORED}.')


def _padding(step):
    """{place: label} that a transform gives to pixels which it adds to a mask."""
    padding = step.get('pad_val')
    found = {f'{name_of(step)}.seg_pad_val': step.get('seg_pad_val')}
    if isinstance(padding, dict):
        found[f'{name_of(step)}.pad_val.seg'] = padding.get('seg')
    return {place: label for place, label in found.items() if label is not None}
