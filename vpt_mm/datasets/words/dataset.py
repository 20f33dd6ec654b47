"""WordsDataset: a dataset whose classes are known by name, read from the folder that its users have."""
from pathlib import Path

from mmengine.registry import DATASETS
from mmpretrain.datasets import BaseDataset

from ...errors import UsageError, some
from ...tuning.tokens import plain_name
from .layouts import LAYOUTS
from .table import find_words


@DATASETS.register_module()
class WordsDataset(BaseDataset):
    """One split of a dataset of :data:`~vpt_mm.datasets.words.table.WORDS`, for mmpretrain; names are its files'.

    Args:
        task: its name.
        split: one of those in the table; a domain where it has domains.
        root: folder that holds the dataset's folder.
        labelled_by: another split, whose classes give the labels: those of the source, where this is the target.
        dataset: ``pipeline`` and other arguments of mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: an unknown dataset or split, a missing or broken file, a path that leads out of the folder, a class
            that ``labelled_by`` has not.
    """

    def __init__(self, *, task, split, root='data', labelled_by=None, **dataset):
        self.task, self.split, self.labelled_by = find_words(task), split, labelled_by
        for one in (split, *([labelled_by] if labelled_by else [])):
            if one not in self.task.images:
                raise UsageError(f"{task} has the splits {', '.join(self.task.images)}, got {one!r}.")
        super().__init__(ann_file='', data_root=str(Path(root, self.task.folder)), **dataset)

    def load_data_list(self):
        names, entries = self._read(self.split)
        if self.labelled_by:
            own, (names, _) = names, self._read(self.labelled_by)
            labels = {plain_name(name): label for label, name in enumerate(names)}
            strange = [name for name in own if plain_name(name) not in labels]
            if strange:
                raise UsageError(f'{self.data_root}: {self.split} has classes that {self.labelled_by} has not: '
                                 f'{some(strange)}. Both must call their classes alike.')
            entries = [(path, labels[plain_name(own[label])]) for path, label in entries]
        self._metainfo.setdefault('classes', tuple(names))
        return [dict(img_path=str(Path(self.data_root, path)), gt_label=label) for path, label in entries]

    def _read(self, split):
        return LAYOUTS[self.task.layout](Path(self.data_root), self.task, split)
