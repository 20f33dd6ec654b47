"""t-SNE of what a trained classifier's head reads (the paper's figure of [CLS] embeddings)."""
import numpy as np
import torch
from mmengine.device import get_device

from ..config_file import require_entries
from ..engine.runner import build_runner
from ..errors import UsageError, needs_extra
from ..picture import picture


def features_of(config, checkpoint, *, images=1000):
    """The features (N, C) of test images, as the head reads them, and their labels (N,).

    Args:
        config: of a classifier.
        checkpoint: that it was trained to.
        images: number of images at most, the test split's first.

    Raises:
        UsageError: a model that is not a classifier, or a checkpoint that does not fit.
    """
    require_entries(config, 'test_dataloader')
    if 'head' not in config.model or config.model.head.get('num_classes') is None:
        raise UsageError(f'features of a classifier are drawn, got a {config.model.type}.')
    runner = build_runner(config)
    runner.load_checkpoint(checkpoint)
    runner.call_hook('before_test')
    model = runner.model.to(get_device()).eval()
    features, labels = [], []
    with torch.no_grad():
        for batch in runner.build_dataloader(config.test_dataloader):
            data = model.data_preprocessor(batch)
            features.append(model.extract_feat(data['inputs'], stage='pre_logits').cpu())
            labels += [int(sample.gt_label) for sample in data['data_samples']]
            if len(labels) >= images:
                break
    return torch.cat(features)[:images].numpy(), np.array(labels[:images])


def embed(features, *, seed=0, perplexity=30):
    """(N, C) to (N, 2).

    Raises:
        UsageError: scikit-learn is not installed, or fewer images than a neighbourhood has.
    """
    with needs_extra('demo', 't-SNE'):
        from sklearn.manifold import TSNE
    if len(features) <= perplexity:
        raise UsageError(f'perplexity must be below the number of images, got {perplexity} and {len(features)}.')
    return TSNE(perplexity=perplexity, random_state=seed, init='pca').fit_transform(features)


def draw_tsne(points, labels, out, *, title):
    """Write points (N, 2), coloured by label, as a picture."""
    with picture(out, size=(5, 5)) as (_, axes):
        axes.scatter(points[:, 0], points[:, 1], c=labels, cmap='tab20' if labels.max() < 20 else 'hsv', s=8)
        axes.set(title=title, xticks=[], yticks=[])
