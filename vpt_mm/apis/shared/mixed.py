"""One forward pass for images of different tasks: each sees the prompts of its own task."""
from itertools import groupby
from typing import NamedTuple

import torch
import torch.nn.functional as F

from ...layers.attention import Group, attend
from ...layers.windows import attend_in_windows
from ...models import PromptedSwin, PromptedViT
from ...models.swin import merge_patches
from ...tuning import DeepPrompt, LinearProbe, PrefixPrompt, ShallowPrompt, TuningList

MIXING = {DeepPrompt, LinearProbe, PrefixPrompt, ShallowPrompt}  # all that they do is tokens that others see


class Projected(NamedTuple):
    """What a task's prompts come to in every block of the backbone.

    Attributes:
        joined: for each block, (1, P, C) that join the tokens there and travel on, or None.
        seen: for each block, keys and values that the tokens see, as the backbone's attention takes them, or None.
        signature: for each block, how many tokens travel and how many are seen: images of equal ones form a group.
    """

    joined: tuple
    seen: tuple
    signature: tuple

    @property
    def nbytes(self):
        return sum(tensor.nbytes for tensor in (*self.joined, *self.seen) if tensor is not None)


def can_mix(backbone, tuning):
    """Whether images of this tuning method share a forward pass with those of others."""
    methods = tuning if isinstance(tuning, TuningList) else [tuning]
    return type(backbone) in WALKS and all(type(method) in MIXING for method in methods)


@torch.no_grad()
def project(backbone, tuning):
    """:class:`Projected` of a tuning method in eval mode, by the backbone's own norms and projections."""
    joined, seen, signature, travelling = [], [], [], 0
    for index, (block, width) in enumerate(zip(backbone.blocks, backbone.block_widths)):
        new = tuning.join(torch.zeros(1, 0, width, **_like(block)), index)
        joined.append(new if new.shape[1] else None)
        travelling += new.shape[1]
        parts = [make(block, backbone.to_frozen(made)) for make, made in (
            (backbone.project_prompts, tuning.prompts(index, 1)), (backbone.split_prefixes, tuning.prefixes(index)))
            if made is not None]
        seen.append(torch.cat(parts, dim=-2) if parts else None)
        signature.append((travelling, seen[-1].shape[-2] if parts else 0))
    return Projected(tuple(joined), tuple(seen), tuple(signature))


def run_mixed(backbone, images, projected, readings, *, walk=None):
    """Features of images, each under its own task.

    Args:
        backbone: the shared :class:`PromptedViT` or :class:`PromptedSwin`.
        images: (B, 3, H, W), preprocessed.
        projected: a :class:`Projected` for each image; those of one task are the same object. On Swin, all have the
            same signature; on a ViT, those with the same stand side by side.
        readings: a :class:`Reading` for each image.
        walk: compiled twin of the backbone's entry in ``WALKS``.

    Returns:
        list: for each image, the tuple of features that the task's own backbone gives for it, (1, ...).
    """
    walk = walk or WALKS[type(backbone)]
    joined, seen = combine(projected)
    wanted = sorted({place for reading in readings for place in reading.places(backbone)})
    classes_only = all(reading.out_type == 'cls_token' for reading in readings)
    outputs, resolution = walk(backbone, images, joined, seen, wanted, classes_only)
    return [tuple(reading.format(backbone, outputs[wanted.index(place)][index:index + 1], resolution)
                  .to(images.dtype) for place in reading.places(backbone)) for index, reading in enumerate(readings)]


def combine(projected):
    """For each block what joins the batch and what it sees: None, a tensor for all, or a list of groups."""
    runs, start = [], 0
    for signature, neighbours in groupby(projected, key=lambda one: one.signature):
        members = list(neighbours)
        runs.append((slice(start, start + len(members)), signature, members))
        start += len(members)
    joined, seen = [], []
    for index in range(len(projected[0].signature)):
        groups = [(images, signature[index - 1][0] if index else 0, signature[index][0],
                   _stack([one.joined[index] for one in members], 0), _stack([one.seen[index] for one in members], 1))
                  for images, signature, members in runs]
        if len(groups) == 1:
            (_, _, _, new, keys_values), = groups
            joined.append(new)
            seen.append(keys_values)
            continue
        new = [Group(images, before, one) for images, before, _, one, _ in groups]
        joined.append(new if any(group.prompts is not None for group in new) else None)
        seen.append([Group(images, after, one) for images, _, after, _, one in groups])
    return joined, seen


def walk_vit(backbone, image, joined, seen, wanted, classes_only):
    """``PromptedViT.forward`` with what joins and what is seen given; (B, N, C) for each of ``wanted``."""
    tokens, resolution = backbone.embed(backbone.to_frozen(image))
    count, final = tokens.shape[1], backbone.num_layers - 1
    outputs = {}
    for index, block in enumerate(backbone.layers):
        tokens = join(tokens, joined[index], count)
        extra = seen[index]
        if isinstance(extra, list):
            extra = [group._replace(tokens=count + group.tokens) for group in extra]
        read = (1 if classes_only else count) if index == final else None
        read = None if read == tokens.shape[1] else read
        tokens = tokens[:, :read] + attend(block.attn, block.ln1(tokens), extra, read=read)
        tokens = tokens + block.ffn(block.ln2(tokens), identity=0.)
        for place in wanted:
            if place[0] == index:
                kept = tokens[:, :count]
                outputs[place] = backbone.ln1(kept) if place[1] else kept
    return [outputs[place] for place in wanted], resolution


def walk_swin(backbone, image, joined, seen, wanted, classes_only):
    """``PromptedSwin.forward`` with what joins and what is seen given; (B, C, h, w) for each of ``wanted``."""
    tokens, hw = backbone.embed(backbone.to_frozen(image))
    outputs, index, last = {}, 0, max(number for number, _ in wanted)
    for number in range(last + 1):
        stage = backbone.stages[number]
        for block in stage.blocks:
            tokens = join(tokens, joined[index], hw[0] * hw[1])
            mixed = attend_in_windows(block.attn, block.norm1(tokens), hw, seen[index], read=tokens.shape[1])
            tokens = tokens + mixed
            tokens = tokens + block.ffn(block.norm2(tokens), identity=0.)
            index += 1
        if backbone.out_after_downsample:
            tokens, hw = merge_patches(stage.downsample, tokens, hw)
        if (number, False) in wanted:
            outputs[number, False] = backbone.format_output(number, tokens, hw)
        if not backbone.out_after_downsample and number < last:
            tokens, hw = merge_patches(stage.downsample, tokens, hw)
    return [outputs[place] for place in wanted], hw


WALKS = {PromptedViT: walk_vit, PromptedSwin: walk_swin}
RAGGED = {PromptedViT}  # backbones whose pass takes groups of several prompt lengths


def join(tokens, new, count):
    """(B, N, C) and what joins behind it; groups with fewer travelling tokens are padded at the end."""
    if new is None:
        return tokens
    if not isinstance(new, list):
        return torch.cat([tokens, new.expand(len(tokens), -1, -1).to(tokens.dtype)], dim=1)
    parts = [tokens[group.images, :count + group.tokens] for group in new]
    parts = [part if group.prompts is None else join(part, group.prompts, count) for part, group in zip(parts, new)]
    longest = max(part.shape[1] for part in parts)
    return torch.cat([F.pad(part, (0, 0, 0, longest - part.shape[1])) for part in parts])


def _stack(tensors, dim):
    """One tensor for each image along ``dim``, or the one that all of them share; None for none."""
    first = tensors[0]
    return first if all(tensor is first for tensor in tensors) else torch.cat(tensors, dim)


def _like(block):
    parameter = next(block.parameters())
    return dict(dtype=parameter.dtype, device=parameter.device)
