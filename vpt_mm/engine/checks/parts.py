"""The parts of a config that checks ask for."""
import logging
from collections.abc import Iterator
from typing import Any

from mmengine.logging import print_log
from mmengine.registry import DATASETS, Registry

from ...errors import telling
from ..labels_hook import OTHER_LABELS

HEADS = ('decode_head', 'auxiliary_head', 'head', 'bbox_head')


def listed(one) -> list:
    """One or several as a list; an empty one for None."""
    if one is None:
        return []
    return list(one) if isinstance(one, (list, tuple)) else [one]


def heads_of(model: dict) -> dict[str, dict]:
    """{place in the config: config} of every head that learns the data's classes, auxiliary ones as well."""
    model = model.get('module', model)  # inside of test-time augmentation
    found = {}
    for name in HEADS:
        several = isinstance(model.get(name), (list, tuple))
        for number, head in enumerate(listed(model.get(name))):
            found[f'model.{name}.{number}' if several else f'model.{name}'] = head
    return {place: head for place, head in found.items()
            if isinstance(head, dict) and name_of(head) not in OTHER_LABELS}


def backbones_of(part: Any, place: str = 'model') -> dict[str, dict]:
    """{place in the config: config} of a model's backbone, and of all with a tuning method that lie deeper in it."""
    found = {}
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
        where = f'{place}.{key}'
        if isinstance(inner, dict) and (where == 'model.backbone' or inner.get('tuning')):
            found[where] = inner
        elif isinstance(inner, (dict, list, tuple)):
            found.update(backbones_of(inner, where))
    return found


def preprocessor_of(config: dict) -> dict:
    """The config of the data preprocessor, which lies in the model or beside it."""
    model = config['model'].get('module', config['model'])
    return model.get('data_preprocessor') or config.get('data_preprocessor') or {}


def metrics_of(config: dict, phase: str) -> list[dict]:
    """The configs of a phase's metrics, which an evaluator may hold."""
    return [metric for one in listed(config.get(f'{phase}_evaluator'))
            for metric in (listed(one['metrics']) if 'metrics' in one else [one])]


def name_of(config: dict) -> str:
    """The name of a class in a config, without its scope."""
    kind = config.get('type')
    return kind.rpartition('.')[2] if isinstance(kind, str) else getattr(kind, '__name__', str(kind))


def class_of(config: dict, registry: Registry) -> type | None:
    """The class that a config names, or None where the registry of its scope has none of this name."""
    if not isinstance(config.get('type'), str):
        return config.get('type')
    with registry.switch_scope_and_registry(config.get('_scope_')) as scoped:
        return scoped.get(config['type'])


def inner_of(dataset: dict) -> list[dict]:
    """The datasets that one joins, repeats or splits."""
    return listed(dataset.get('datasets')) or listed(dataset.get('dataset'))


def leaves(dataset: dict) -> Iterator[dict]:
    """The datasets that list files themselves, inside of those that join, repeat or split them."""
    inner = inner_of(dataset)
    if not inner:
        yield dataset
    for one in inner:
        yield from leaves(one)


def steps_of(pipeline) -> Iterator[dict]:
    """The transforms of a pipeline, those inside of others, as of ``TestTimeAug``, as well."""
    for step in pipeline or ():
        if isinstance(step, dict):
            yield step
        yield from steps_of(step.get('transforms') if isinstance(step, dict) else step)


def without_pipelines(dataset: dict) -> dict:
    """The config of a dataset, or of one around others, that loads nothing."""
    config = {key: value for key, value in dataset.items() if key != 'pipeline'}
    for key in ('dataset', 'datasets'):
        if isinstance(config.get(key), (list, tuple)):
            config[key] = [without_pipelines(one) for one in config[key]]
        elif config.get(key):
            config[key] = without_pipelines(config[key])
    return config if 'dataset' in config or 'datasets' in config else {**config, 'pipeline': []}


def build_dataset(config: dict, **options) -> Any:
    """The dataset of a config, without its pipeline.

    Raises:
        UsageError: whatever it has against its arguments or files.
    """
    with telling(f'{name_of(config)} cannot be built'):
        return DATASETS.build({**without_pipelines(config), **options})


def warn(message: str):
    """Say it in the log of the run."""
    print_log(message, 'current', logging.WARNING)
