"""predict_folder(): every image of a folder under every task asked for; pictures and one JSON come out."""
import json
from pathlib import Path

from rich.progress import track

from ..datasets.reading import MOST_PIXELS
from ..errors import UsageError, require_counts
from ..files import write_whole
from .images import list_images, read_image
from .inferencer import output_names
from .results import describe, draw, summarize, write_prediction


def predict_folder(inferencer, inputs, names, out, *, batch_size=8, pictures=True):
    """Write ``out/TASK/vis``, ``out/TASK/pred`` and ``out/predictions.json``.

    Images that cannot be read or predicted are listed in the JSON with the reason; the others are predicted all the
    same.

    Args:
        inferencer: a :class:`TaskInferencer`.
        inputs: a folder, an image, or a list of those.
        names: of tasks; an image passes the backbone for all of them at once.
        out: folder to write.
        batch_size: most images in memory at once; of large ones there are fewer.
        pictures: draw them.

    Returns:
        list: the entries of the JSON.

    Raises:
        UsageError: no task or an unknown one, no image, or none that can be predicted.
    """
    require_counts(batch_size=batch_size)
    if not names:
        raise UsageError('no task to predict with: name a task with --task.')
    tasks, images = [inferencer.find(name) for name in names], list_images(inputs)
    entries: list[dict] = []
    for part in _read(inferencer, images, entries, batch_size):
        for (entry, name, array), task, sample in _predict(inferencer, part, tasks, batch_size):
            prediction = summarize(task, sample)
            entry.setdefault('predictions', []).append(describe(task, prediction))
            write_prediction(prediction, Path(out, task.name, 'pred', name))
            if pictures:
                draw(task, array, sample, name=name, out_file=Path(out, task.name, 'vis', f'{name}.png'))
    write_whole(json.dumps(entries, indent=1, allow_nan=False).encode(), Path(out, 'predictions.json'))
    if not any('predictions' in entry for entry in entries):
        raise UsageError(f'none of {len(entries)} images can be predicted; the first: {entries[0]["error"]}')
    return entries


def _read(inferencer, images, entries, batch_size):
    """Lists of (entry, name of the outputs, image), of about as many pixels as one image may usually have.

    An entry for each image is added to ``entries``, with the reason where it cannot be read.
    """
    part, pixels = [], 0
    for image, name in zip(track(images, 'Inference'), output_names(images)):
        entries.append(dict(image=str(image)))
        try:
            array = read_image(image, most_pixels=inferencer.most_pixels)
        except UsageError as error:
            entries[-1]['error'] = str(error)
            continue
        part.append((entries[-1], name, array))
        pixels += array.shape[0] * array.shape[1]
        if len(part) == batch_size or pixels >= MOST_PIXELS:
            yield part
            part, pixels = [], 0
    if part:
        yield part


def _predict(inferencer, part, tasks, batch_size):
    """(image, task, data sample) for all, or image by image where one is refused, which says so in its entry."""
    places = [(image, task) for image in part for task in tasks]
    try:
        samples = inferencer.predict([array for (_, _, array), _ in places], [task for _, task in places],
                                     batch_size=batch_size)
    except UsageError as error:
        if len(part) > 1:
            return [place for image in part for place in _predict(inferencer, [image], tasks, batch_size)]
        part[0][0]['error'] = f'{part[0][0]["image"]}: {error}'
        return []
    return [(*place, sample) for place, sample in zip(places, samples)]
