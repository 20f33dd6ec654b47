"""Backbones of the libraries' own classes with prompts: what must hold for blocks of every kind, and literal twins."""
import copy
from contextlib import contextmanager
from functools import partial, partialmethod
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch.utils._pytree import tree_leaves

from tests.twins.compare import assert_twins
from vpt_mm.layers.norms import is_norm
from vpt_mm.models.blocks import kind_of
from vpt_mm.tuning import TuningMethod

DEEP, SHALLOW = dict(type='DeepPrompt', length=3), dict(type='ShallowPrompt', length=2)
CROSS = dict(type='CrossPrompt', length=3)
BUILT = {}  # finding the shapes of a pass takes longer than to copy a model


class Case(NamedTuple):
    """A tiny backbone.

    Attributes:
        of: its class, with its scope.
        step: function of a plain block, tokens (B, N, C), prompts (B, G, C) and what else the block is called with; it
            runs the block on both, written out plainly, and returns both.
        config: of the class.
        size: (height, width) of the images.
    """

    of: str
    step: object
    config: dict
    size: tuple = (40, 56)

    def build(self, tuning):
        """The prompted class in float64, all of whose own parameters are off their initial values."""
        key = self.of, str(self.config), str(tuning)
        if key not in BUILT:
            config = copy.deepcopy(dict(self.config, tuning=tuning))
            model = MODELS.build(dict(type='PromptedBackbone', of=self.of, **config))
            for name, parameter in model.named_parameters():
                if not name.startswith('tuning.'):
                    parameter.data.add_(0.1 * torch.randn_like(parameter))
            model = model.double()
            model.eval()
            BUILT[key] = model
        return copy.deepcopy(BUILT[key])

    def plain(self, model):
        """The class itself with a copy of the weights of ours."""
        plain = MODELS.build(dict(type=self.of, **copy.deepcopy(self.config))).double()
        weights = model.state_dict()
        for key, tensor in plain.state_dict().items():  # some classes leave buffers out where they load
            tensor.copy_(weights[key])
        plain.eval()
        return plain

    def images(self, batch=2):
        return torch.randn(batch, 3, *self.size, dtype=torch.float64)


def blocks_of(plain):
    return [module for module in plain.modules() if kind_of(module)]


def run_literal(case, plain, images, *, deep=None, shallow=None):
    """The class's own pass, in which prompts go through every block beside its tokens.

    Args:
        deep: for each block (P, C), thrown away behind it.
        shallow: (P, C), which enter the first block and travel on to where the width changes.
    """
    travelling = [] if shallow is None else [shallow]

    def literal(number, block, tokens, *given, **named):
        own = tokens.flatten(1, -2)
        if travelling and travelling[0].shape[-1] != own.shape[-1]:
            travelling.clear()
        thrown_away = [] if deep is None else [deep[number]]
        guests = [prompts.expand(len(own), -1, -1) for prompts in (*travelling, *thrown_away)]
        grid = [*given, *named.values()] or ([tokens.shape[1:3]] if tokens.dim() == 4 else [])
        own, guests = case.step(block, own, torch.cat(guests, dim=1) if guests else own[:, :0], *grid)
        travelling[:] = [guests[:, :travelling[0].shape[-2]]] if travelling else []
        return own.view_as(tokens)

    for number, block in enumerate(blocks_of(plain)):
        block.forward = lambda *given, number=number, block=block, **named: literal(number, block, *given, **named)
    return tree_leaves(plain(images))


def attention_of(query, key, value, heads, *, scale=None, bias=0.):
    """Attention written out, (..., N, C) and twice (..., M, C) to (..., N, C); ``bias`` is (..., heads, N, M)."""
    query, key, value = (part.unflatten(-1, (heads, -1)).transpose(-3, -2) for part in (query, key, value))
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    weights = (scale * query @ key.transpose(-2, -1) + bias).softmax(dim=-1)
    return (weights @ value).transpose(-3, -2).flatten(-2)


def packed_attention(attn, query, others):
    """nn.MultiheadAttention written out."""
    query_of, key_of, value_of = zip(attn.in_proj_weight.chunk(3), attn.in_proj_bias.chunk(3))
    mixed = attention_of(F.linear(query, *query_of), F.linear(others, *key_of), F.linear(others, *value_of),
                         attn.num_heads)
    return attn.out_proj(mixed)


def plain_without_prompts(case):
    """Under LinearProbe every output is the class's own."""
    model, images = case.build(dict(type='LinearProbe')), case.images()
    plain = case.plain(model)
    for ours, theirs in zip(tree_leaves(model(images)), tree_leaves(plain(images)), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12 * max(1, theirs.abs().max().item()))


def deep_prompts(case):
    model, images = case.build(DEEP), case.images()
    deep = model.tuning.prompts_of_blocks(1)
    assert_twins(tree_leaves(model(images)), run_literal(case, case.plain(model), images, deep=deep),
                 list(model.tuning.parameters()))


def travelling_prompts(case):
    model, images = case.build(SHALLOW), case.images()
    twin = run_literal(case, case.plain(model), images, shallow=model.tuning.tokens)
    assert_twins(tree_leaves(model(images)), twin, list(model.tuning.parameters()))


def both_prompts(case):
    model, images = case.build([SHALLOW, DEEP]), case.images()
    travelling, deep = model.tuning
    twin = run_literal(case, case.plain(model), images, shallow=travelling.tokens, deep=deep.prompts_of_blocks(1))
    assert_twins(tree_leaves(model(images)), twin, list(model.tuning.parameters()))


def crossed_prompts(case):
    """Read by the block's own attention, from which the tokens' keys and values are left out."""
    model, images = case.build([SHALLOW, CROSS]), case.images()
    ours = tree_leaves(model(images))
    with pytest.MonkeyPatch.context() as patch:
        for kind in {type(block.kind) for block in model.host.blocks}:
            patch.setattr(kind, 'cross', read_literally)
        twin = tree_leaves(model(images))
    assert_twins(ours, twin, list(model.tuning.parameters()))


def read_literally(kind, call, tokens, seen):
    """What a block's attention gives where it is to the prompts alone, which are the last of its keys."""
    length = seen.shape[1]

    def attend_last(attention, query, key, value, attn_mask=None, **given):
        mask = None if attn_mask is None else attn_mask[..., -length:]
        return attention(query, key[..., -length:, :], value[..., -length:, :], attn_mask=mask, **given)

    with attending(call.block, attend_last):
        return kind.attention(call._replace(seen=seen), tokens)


@contextmanager
def attending(block, otherwise):
    """Context in which the block's attention is ``otherwise``, a function of the usual one and what that is given."""
    with pytest.MonkeyPatch.context() as patch:
        for owner in (F, getattr(block, 'attn', None)):  # classes of mmpretrain's keep it
            attention = getattr(owner, 'scaled_dot_product_attention', None)
            if attention is not None:
                patch.setattr(owner, 'scaled_dot_product_attention', partial(otherwise, attention))
        yield


def temperatures(case):
    """As if scores had been divided where the softmax is taken of them."""
    model, images = case.build(Cooling()), case.images()
    ours = tree_leaves(model(images))
    with pytest.MonkeyPatch.context() as patch:
        for kind in {type(block.kind) for block in model.host.blocks}:
            patch.setattr(kind, 'attention', partialmethod(divide_literally, kind.attention))
        twin = tree_leaves(model(images))
    assert_twins(ours, twin, list(model.tuning.parameters()))


def divide_literally(kind, attention, call, tokens):
    def divided(attention, query, *others, **given):
        return attention(query / call.temperature, *others, **given)

    with attending(call.block, divided):
        return attention(kind, call._replace(temperature=None), tokens)


class Cooling(TuningMethod):
    """A temperature for each block."""

    def build_for(self, backbone):
        self.temperatures = torch.nn.ParameterList(torch.rand(()) + 0.5 for _ in backbone.blocks)

    def temperature(self, place, memory):
        return self.temperatures[place.block]


def images_alone(case):
    """What an image gives does not depend on the rest of its batch, with gradients and without."""
    model, images = case.build([SHALLOW, DEEP]), case.images(3)
    for enabled in (True, False):
        with torch.set_grad_enabled(enabled):
            together, alone = tree_leaves(model(images)), tree_leaves(model(images[1:2]))
        for ours, theirs in zip(together, alone):
            torch.testing.assert_close(ours[1:2], theirs, rtol=0, atol=1e-12 * max(1, theirs.abs().max().item()))


@torch.no_grad()
def copies(case):
    """A copy is as its original, has prompts of its own, and keys are the class's own beside the method's."""
    model, images = case.build([SHALLOW, DEEP]), case.images(1)
    before, copied = tree_leaves(model(images)), copy.deepcopy(model)
    for parameter in copied.tuning.parameters():
        parameter.mul_(-2)
    other = case.build([SHALLOW, DEEP])
    for parameter in other.parameters():
        parameter.zero_()
    missing, unexpected = other.load_state_dict(model.state_dict(), strict=False)
    assert not unexpected and not set(missing) & {name for name, _ in other.named_parameters()}
    assert not torch.allclose(tree_leaves(copied(images))[-1], before[-1])
    for again in (model, other):
        for ours, theirs in zip(tree_leaves(again(images)), before):
            assert torch.equal(ours, theirs)
    assert {key for key in model.state_dict() if not key.startswith('tuning.')} == set(case.plain(model).state_dict())


def checkpointed(case):
    """Blocks that are run again in the backward pass give the same."""
    model, images = case.build([SHALLOW, DEEP]), case.images()
    again = copy.deepcopy(model)
    for block in again.host.blocks:
        block.with_cp = True
    gradients = []
    for one in (model, again):
        outputs = tree_leaves(one(images))
        sum((output * output).sum() for output in outputs).backward()
        gradients.append([*outputs, *(parameter.grad for parameter in one.tuning.parameters())])
    for ours, theirs in zip(*gradients, strict=True):
        assert ours.abs().max() > 1e-6
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def trained_as_a_whole(case):
    """Under FullTuning, in train mode, blocks drop what the class's own drop by the same random numbers."""
    model, images = case.build(dict(type='FullTuning')), case.images(4)
    plain, results = case.plain(model), []
    assert any(getattr(module, 'drop_prob', 0) for module in plain.modules())
    for one in (model, plain):
        one.train()
        torch.manual_seed(1)
        outputs = tree_leaves(one(images))
        sum((output * output).sum() for output in outputs).backward()
        results.append(outputs + [parameter.grad for name, parameter in sorted(one.named_parameters())])
    dropped = tree_leaves(case.plain(model)(images))
    assert not torch.allclose(dropped[-1], results[1][len(dropped) - 1])
    for ours, theirs in zip(*results, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-11 * max(1, theirs.abs().max().item()))


class Reader(TuningMethod):
    """Notes the tokens that attention and FFN of each block are given."""

    def __init__(self):
        super().__init__()
        self.given = []

    def after_attention(self, branch, tokens, place, memory):
        self.given.append(tokens)
        return branch

    after_ffn = after_attention


@torch.no_grad()
def norms_in_front(case):
    """Those that a kind names read the tokens, and no others do."""
    model, reader, read = case.build(dict(type='LinearProbe')), Reader(), []
    for module in filter(is_norm, model.modules()):
        module.register_forward_pre_hook(lambda module, given: read.append((module, given[0])))
    model.run(case.images(1), reader)
    named = [norm for norms in model.host.block_norms for norm in norms]
    for norm, tokens in zip(named, reader.given, strict=True):
        assert [module for module, given in read if given is tokens] == ([] if norm is None else [norm])


CHECKS = (norms_in_front, plain_without_prompts, deep_prompts, travelling_prompts, both_prompts, crossed_prompts,
          temperatures, images_alone, copies, checkpointed, trained_as_a_whole)
TWINS = (plain_without_prompts, both_prompts)  # of cases that differ from another in little


def pairs(cases, brief=()):
    """Parameters of a test: every case with every check, those that are named with twins alone."""
    return [pytest.param(case, check, id=f'{name}-{check.__name__}') for name, case in cases.items()
            for check in (TWINS if name in brief else CHECKS)]
