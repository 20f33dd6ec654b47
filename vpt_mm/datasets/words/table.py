"""The table of datasets whose classes are known by name: folder, files, and the template of each.

A config takes its dataset from the environment, ``TASK=EuroSAT``: its base of data has the line ::

    task = __import__('vpt_mm').datasets.words_task('{{$TASK:Caltech101}}')
"""
from dataclasses import asdict, dataclass, field

from ...errors import UsageError, did_you_mean

PHOTO = 'a photo of a {}.'


@dataclass(frozen=True)
class WordsTask:
    """A row of the table.

    Attributes:
        title: as tables of results name it.
        classes: number of them, in the whole dataset.
        folder: below the root of the data.
        layout: of its files, one of :data:`~vpt_mm.datasets.words.layouts.LAYOUTS`.
        images: {split: folder of its images}, below ``folder``.
        file: that lists images or names of classes, below ``folder``; of some layouts, below that of the split.
        template: sentence for a class without a learned context; {} is its name (Zhou et al. 2022, IJCV, appendix).
    """

    name: str
    title: str
    classes: int
    folder: str
    layout: str
    images: dict = field(default_factory=dict)
    file: str = ''
    template: str = PHOTO


def _split(name, title, classes, folder, images, template=PHOTO):
    return WordsTask(name, title, classes, folder, 'split', dict.fromkeys(('train', 'val', 'test'), images),
                     f'split_zhou_{name}.json', template)


def _variant(name, title, classes, folder, images):
    return WordsTask(name, title, classes, folder, 'wnids', dict(test=images), 'classnames.txt')


FEW_SHOT = [  # of CoOp and CoCoOp
    WordsTask('ImageNet', 'ImageNet', 1000, 'imagenet', 'wnids',
              dict(train='images/train', val='images/val', test='images/val'), 'classnames.txt'),
    _split('Caltech101', 'Caltech101', 100, 'caltech-101', '101_ObjectCategories'),
    _split('OxfordPets', 'OxfordPets', 37, 'oxford_pets', 'images', 'a photo of a {}, a type of pet.'),
    _split('StanfordCars', 'StanfordCars', 196, 'stanford_cars', ''),
    _split('OxfordFlowers', 'Flowers102', 102, 'oxford_flowers', 'jpg', 'a photo of a {}, a type of flower.'),
    _split('Food101', 'Food101', 101, 'food-101', 'images', 'a photo of {}, a type of food.'),
    WordsTask('FGVCAircraft', 'FGVCAircraft', 100, 'fgvc_aircraft', 'variants',
              dict(train='images', val='images', test='images'), 'variants.txt',
              'a photo of a {}, a type of aircraft.'),
    _split('SUN397', 'SUN397', 397, 'sun397', 'SUN397'),
    _split('DescribableTextures', 'DTD', 47, 'dtd', 'images', '{} texture.'),
    _split('EuroSAT', 'EuroSAT', 10, 'eurosat', '2750', 'a centered satellite photo of {}.'),
    _split('UCF101', 'UCF101', 101, 'ucf101', 'UCF-101-midframes', 'a photo of a person doing {}.')]
VARIANTS = [  # of ImageNet, to test on (domain generalisation)
    _variant('ImageNetV2', 'ImageNetV2', 1000, 'imagenetv2', 'imagenetv2-matched-frequency-format-val'),
    _variant('ImageNetSketch', 'ImageNet-Sketch', 1000, 'imagenet-sketch', 'images'),
    _variant('ImageNetA', 'ImageNet-A', 200, 'imagenet-adversarial', 'imagenet-a'),
    _variant('ImageNetR', 'ImageNet-R', 200, 'imagenet-rendition', 'imagenet-r')]
DOMAINS = [  # of DAPL; a split is a domain
    WordsTask('OfficeHome', 'Office-Home', 65, 'office_home', 'folders',
              {name: name for name in ('art', 'clipart', 'product', 'real_world')}),
    WordsTask('VisDA17', 'VisDA-2017', 12, 'visda17', 'lists',
              dict(train='train', validation='validation'), 'image_list.txt')]
WORDS = {task.name: task for task in [*FEW_SHOT, *VARIANTS, *DOMAINS]}


def find_words(name):
    """The row of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in WORDS:
        raise UsageError(f"TASK must be one of {', '.join(WORDS)}, got {name!r}.{did_you_mean(name, WORDS)}")
    return WORDS[name]


def words_task(name):
    """The row of a name as a config's dict; raises as :func:`find_words` does."""
    return asdict(find_words(name))
