"""The parts of data, train, val and test, in every usual spelling."""
import re

SPELLINGS = dict(
    train=('train', 'training', 'trn', 'trainset'),
    val=('val', 'valid', 'validation', 'validate', 'dev', 'eval', 'valset'),
    test=('test', 'testing', 'tst', 'testset'))
PARTS = {spelling: part for part, spellings in SPELLINGS.items() for spelling in spellings}


def part_named(name):
    """The part that a whole name means, such as that of 'Validation' or 'train2017', or None."""
    return PARTS.get(re.sub(r'[_\-]?\d{0,4}$', '', str(name).strip().lower()))


def part_within(name):
    """The part that a word of a name means, such as that of 'instances_val2017' or 'train_images', or None."""
    return next((PARTS[word] for word in re.findall('[a-z]+', str(name).lower()) if word in PARTS), None)


def part_of_path(path):
    """The part that one of the folders of a path means, the innermost first, or None."""
    return next((part for folder in reversed(path.split('/')[:-1]) if (part := part_within(folder))), None)
