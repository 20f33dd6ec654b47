"""prune_checkpoint(): the prompts of a trained model that matter most, rewound to where they started."""
import io
import math
from typing import NamedTuple

import torch
from mmengine.device import get_device

from ..config_file import require_entries
from ..errors import UsageError, require_counts
from ..files import require_writable, write_whole
from ..models.build import build_model
from ..models.frozen import frozen_keys
from ..tasks.task_file import load_task
from ..tuning.composed import methods_of
from ..weights.files import load_from_disk
from ..weights.state import compare_state
from .keep_start_hook import START
from .training_images import training_images

CARRIED = ('first', 'last', 'dropout')  # arguments of DeepPrompt that PrunedPrompt has as well


class Cut(NamedTuple):
    """What is left of the tokens of each block.

    Attributes:
        tokens: number of tokens.
        segments: of each token.
        left: number of segments, of tokens * segments.
    """

    tokens: int
    segments: int
    left: int


def prune_checkpoint(config, checkpoint, out, *, tokens, segments=0., parts=8, images=None):
    """Write what is left of the prompts of a checkpoint, as it was before training, with all else that trains.

    Importance is E2VPT's (Han et al. 2023, arXiv 2307.13770, section 3.3): the mean over training images of
    |dL / d mask|, where a mask of one multiplies a whole token, or a segment of one. In each block the tokens that
    matter least go first, and then those segments of the others that matter least.

    Args:
        config: mmengine ``Config`` of a run with ``DeepPrompt`` and ``KeepStartHook``.
        checkpoint: path of a checkpoint of this run.
        out: path of the file to write, for ``load_from``.
        tokens: share of a block's tokens to prune.
        segments: share of the segments to prune of those that are left.
        parts: number of segments of a token.
        images: number of training images to look at, evenly spread over all; all by default.

    Returns:
        ``tuning`` for the config of the run that begins from ``out``.

    Raises:
        UsageError: shares that leave or prune nothing, another method than ``DeepPrompt`` with tokens of each block's
            own, a checkpoint that doesn't fit or doesn't know its start, or a place that can't be written.
    """
    require_entries(config, 'train_dataloader')
    given, number = _find_deep(config.model.backbone.get('tuning'))
    cut = cut_of(given['length'], tokens=tokens, segments=segments, parts=parts)
    require_writable(out)
    start = load_from_disk(str(checkpoint)).get(START)
    if not isinstance(start, dict):
        raise UsageError(f"{checkpoint} doesn't know where its run started: train with dict(type='KeepStartHook') in "
                         'custom_hooks.')
    model = build_model(config)
    meta = load_task(model, checkpoint)
    own, frozen = model.state_dict(), set(frozen_keys(model))
    difference = compare_state(start, own, needed=[key for key in own if key not in frozen]).describe()
    if difference:
        raise UsageError(f'what {checkpoint} says of the start of its run does not fit the model: {difference}.')
    backbone, name = model.backbone, 'backbone.tuning.' + ('' if number is None else f'{number}.')
    odd = sorted({width for width in backbone.host.block_widths if width % parts})
    if odd:
        raise UsageError(f'the number of segments must divide the width of tokens, {odd[0]}, got {parts}.')
    method = methods_of(backbone.tuning)[number or 0]
    looked_at = training_images(config, images, title='importance')
    of_tokens, of_segments = importance(model.to(get_device()), method, looked_at, parts=parts)
    kept, places = choose(of_tokens, of_segments, cut)
    state = {**start, **rewind(start, f'{name}tokens', kept, places, cut), f'{name}places': places}
    buffer = io.BytesIO()
    torch.save(dict(state_dict=state, meta={key: meta[key] for key in ('vpt_mm', 'dataset_meta') if key in meta}),
               buffer)
    write_whole(buffer.getvalue(), out)
    pruned = dict(type='PrunedPrompt', length=cut.tokens, segments=cut.segments, left=cut.left,
                  **{key: given[key] for key in CARRIED if key in given})
    if number is None:
        return pruned
    return [pruned if index == number else dict(one) for index, one in enumerate(config.model.backbone.tuning)]


def _find_deep(tuning):
    """The config of DeepPrompt, and its number in a list of methods, None outside of one."""
    methods = tuning if isinstance(tuning, (list, tuple)) else [tuning]
    for number, method in enumerate(methods):
        if (method or {}).get('type') == 'DeepPrompt':
            others = sorted(name for name in {*method} - {'type', 'length', 'prototypes', *CARRIED} if method[name])
            if others:
                raise UsageError(f'only prompts that are tokens of each block can be pruned, and this DeepPrompt has '
                                 f'{", ".join(others)}: train without.')
            return method, number if isinstance(tuning, (list, tuple)) else None
    raise UsageError(f'DeepPrompt can be pruned, and this config has '
                     f'{[(method or {}).get("type") for method in methods]} in model.backbone.tuning.')


def cut_of(length, *, tokens, segments, parts):
    """The :class:`Cut` of so many tokens, at shares to prune in [0, 1).

    Raises:
        UsageError: another share, or one that leaves nothing, or prunes nothing.
    """
    require_counts(**{'the number of segments of a token': parts})
    for name, share in (('tokens', tokens), ('segments', segments)):
        if not 0 <= share < 1:
            raise UsageError(f'the share of {name} to prune must be in [0, 1), since something must be left, got '
                             f'{share}.')
    kept = length - math.floor(length * tokens + 0.5)
    left = kept * parts - math.floor(kept * parts * segments + 0.5)
    if not left:
        raise UsageError(f'pruning must leave something: {tokens:.0%} of {length} tokens and then {segments:.0%} of '
                         f'their {parts} segments leave nothing. Choose lower shares.')
    if left == length * parts:
        raise UsageError(f'pruning must take something: {tokens:.0%} of {length} tokens and then {segments:.0%} of '
                         f'their {parts} segments are none. Choose higher shares.')
    return Cut(kept, parts, left)


def importance(model, method, batches, *, parts):
    """Of each token (blocks, P), and of each of its segments (blocks, P, parts), summed over batches of one image."""
    tokens = list(method.parameters())
    of_tokens, of_segments = torch.zeros(()), torch.zeros(())
    for batch in batches:
        data = model.data_preprocessor(batch, True)
        loss, _ = model.parse_losses(model(**data, mode='loss'))
        # A mask m of one in front of x: dL / dm is the product of x with dL / dx.
        slopes = torch.cat([(gradient * stage).detach().double().cpu().unflatten(-1, (parts, -1)).sum(-1)
                            for gradient, stage in zip(torch.autograd.grad(loss, tokens), tokens)])
        of_tokens, of_segments = of_tokens + slopes.sum(-1).abs(), of_segments + slopes.abs()
    return of_tokens, of_segments


def choose(of_tokens, of_segments, cut):
    """Which tokens of each block are kept, (blocks, tokens), and which of their segments, (blocks, left), in order.

    Args:
        of_tokens: importance (blocks, P).
        of_segments: importance (blocks, P, segments).
        cut: how many.
    """
    kept = of_tokens.topk(cut.tokens, dim=1).indices.sort(dim=1).values
    there = of_segments.gather(1, kept[..., None].expand(-1, -1, cut.segments)).flatten(1)
    return kept, there.topk(cut.left, dim=1).indices.sort(dim=1).values


def rewind(start, name, kept, places, cut):
    """{key: (blocks of a stage, left, C / segments)} of the tokens in ``start``, {key: (blocks, P, C)}."""
    rewound, block = {}, 0
    for key in [key for key in start if key == name or key.startswith(f'{name}.')]:
        depth, width = len(start[key]), start[key].shape[-1]
        rows = slice(block, block + depth)
        tokens = start[key].gather(1, kept[rows, :, None].expand(-1, -1, width))
        parts = tokens.reshape(depth, cut.tokens * cut.segments, -1)
        rewound[key] = parts.gather(1, places[rows, :, None].expand(-1, -1, parts.shape[-1]))
        block += depth
    return rewound
