"""Batches: images of several sizes become one tensor, and a batch of one image passes the heads' batch norms."""
import torch
from mmengine.dataset import Compose
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS
from mmengine.utils import to_2tuple
from torch._subclasses.fake_tensor import FakeTensorMode

from ...datasets.formats import open_image, pillow_reads
from ...datasets.reading import SCENE_PIXELS
from ...errors import UsageError, line_of, telling
from ...models.openmmlab import heads_in
from ...models.weightless import build_weightless, give_shape
from .files import spread
from .parts import name_of, preprocessor_of

HEADS = ('decode_head', 'auxiliary_head', 'head')
MOST_TRIED = 12  # images of different sizes that pass a pipeline
ONE_VALUE = 'Expected more than 1 value per channel'  # as torch's batch norm says


def check_sizes(config, phase, samples, most_pixels=None):
    """Images of different sizes can lie in one batch once they have passed the pipeline; for segmentors.

    Args:
        phase: 'train', 'val' or 'test'.
        samples: the list of files of the phase's data.
        most_pixels: of an image or mask, as the dataset limits them.

    Raises:
        UsageError: names two sizes that do not go together.
    """
    loader, preprocessor = config[f'{phase}_dataloader'], preprocessor_of(config)
    if loader.get('batch_size', 1) < 2 or name_of(preprocessor) != 'SegDataPreProcessor':
        return
    chosen = _of_all_sizes(samples)
    if len(chosen) < 2:
        return
    with telling(f'the pipeline of {phase}_dataloader cannot be built'):
        batch, pipeline = [], _pipeline_of(loader['dataset'])
    with pillow_reads(most_pixels or SCENE_PIXELS):
        for sample in chosen:
            with telling(f'{sample["img_path"]} does not pass the pipeline of {phase}_dataloader'):
                batch.append(pipeline(dict(sample)))
    sizes = [f'{one["inputs"].shape[2]}x{one["inputs"].shape[1]}' for one in batch]
    collated = {key: [one[key] for one in batch] for key in batch[0]}
    try:
        MODELS.build(dict(preprocessor))(collated, phase == 'train')
    except (AssertionError, RuntimeError) as error:
        raise UsageError(
            f'images in a batch must be of one size, and the pipeline of {phase}_dataloader makes {sizes[0]} of '
            f'{chosen[0]["img_path"]} and {next((one for one in sizes if one != sizes[0]), sizes[0])} of others '
            f'({line_of(error)}): set {phase}_dataloader.batch_size=1, or bring them to one size.'
        ) from None


def _of_all_sizes(samples):
    """Some samples, no two of one size."""
    found = {}
    for sample in spread(samples):
        with open_image(sample['img_path'], sample['img_path'], most_pixels=SCENE_PIXELS) as image:
            found.setdefault(image.size, sample)
    return list(found.values())[:MOST_TRIED]


def _pipeline_of(dataset):
    while 'pipeline' not in dataset and ('dataset' in dataset or 'datasets' in dataset):
        dataset = dataset['dataset'] if 'dataset' in dataset else dataset['datasets'][0]
    return Compose(dataset.get('pipeline') or [])


def check_single_images(config, images=None):
    """A batch of one image passes the model in training: a batch norm needs more than one value a channel.

    Args:
        config: of the whole run.
        images: number of training images, or None where it is not known.

    Raises:
        UsageError: names the head.
    """
    loader, size = config['train_dataloader'], _training_size(config)
    batch, in_order = loader.get('batch_size'), name_of(loader.get('sampler') or {}) == 'DefaultSampler'
    several = config.get('launcher', 'none') != 'none'  # processes, between which images are shared
    if several or size is None or not batch or not any(name in config.model for name in HEADS):
        return
    last = images % batch if images and in_order and not loader.get('drop_last') else 0  # batch of an epoch
    if batch == 1 or last == 1:
        failing = _first_failing(config, size)
        if failing is not None:
            raise UsageError(_explain(*failing, batch=batch))


def _first_failing(config, size):
    """(place, module) of the first part of the model that does not take one image, or None; computed without values."""
    try:
        model = revert_sync_batchnorm(build_weightless(config.model, scope=config.get('default_scope')))
        model.train()
        mode = FakeTensorMode()
        give_shape(model, mode)
    except Exception:  # of code that needs values: the run itself will say what it has to say
        return None
    features = None
    with mode:
        for place, part in heads_in(model).items():
            try:
                features = model.extract_feat(torch.empty(1, 3, *size)) if features is None else features
                part(features)
            except Exception as error:  # as above
                if ONE_VALUE in str(error):
                    return (f'model.{place}', part) if features is not None else ('model.neck', model.neck)
    return None


def _explain(place, part, *, batch):
    way = ('set train_dataloader.batch_size=2 or more; accumulated batches (accumulative_counts) do not help'
           if batch == 1 else f'set train_dataloader.drop_last=True, or another batch_size than {batch}')
    return (f'{place} ({type(part).__name__}) has a batch norm over one value of each image, which needs 2 images or '
            f"more in every batch, and there are batches of one: {way}. Or give it norm_cfg=dict(type='GN', "
            'num_groups=32).')


def _training_size(config):
    """(height, width) of the images that the model sees in training, or None where the config does not say."""
    size = preprocessor_of(config).get('size') or (config.model.get('backbone') or {}).get('img_size')
    return to_2tuple(size) if size else None
