"""Part: some of the images of a classification dataset."""
from torch.utils.data import Dataset


class Part(Dataset):
    """Some of the images of a dataset; copies are itself, since nothing changes it.

    Args:
        dataset: of all images.
        indices: of the images, in order.
    """

    def __init__(self, dataset, indices):
        self.dataset, self.indices = dataset, list(map(int, indices))

    def __deepcopy__(self, memo):
        return self

    @property
    def metainfo(self):
        return getattr(self.dataset, 'metainfo', {})

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, index):
        return self.dataset[self.indices[index]]

    def get_data_info(self, index):
        """What is known of an image without reading it."""
        return self.dataset.get_data_info(self.indices[index])
