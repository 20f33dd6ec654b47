"""Features as backbones give them: tensors (B, ...), or lists and tuples of those such as [map, class token]."""
import torch


def one_of(features, index):
    """What one image has, (1, ...), of the features of a batch."""
    if isinstance(features, torch.Tensor):
        return features[index:index + 1]
    return type(features)(one_of(feature, index) for feature in features)


def batch_of(parts):
    """The features of a batch, from those of each image."""
    if isinstance(parts[0], torch.Tensor):
        return torch.cat(parts)
    return type(parts[0])(batch_of(same) for same in zip(*parts))
