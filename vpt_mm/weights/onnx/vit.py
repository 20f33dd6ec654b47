"""read_vit(): a Vision Transformer's blocks, one after the other, in the steps of a graph."""
import math
from dataclasses import dataclass

from ...errors import UsageError
from .step import Step, bare


def read_vit(steps):
    """The weights of a ViT with blocks as in Dosovitskiy et al. 2021, with or without DINOv2's layer scale.

    Args:
        steps: of :func:`read_steps`.

    Returns:
        tuple: {timm's name: array}; the facts that the graph tells: ``eps``, ``num_heads``, ``activation`` and
        ``skips_class_token``; and in what way position embeddings are resized otherwise than here, or nothing.

    Raises:
        UsageError: anything in the place of a block that is not one.
    """
    reader = ViTReader()
    for step in steps:
        reader.see(step)
    return reader.finish()


class ViTReader:
    """Follows the stream of tokens from one residual sum to the next."""

    def __init__(self):
        self.stream = self.tokens = self.final = None
        self.state, self.count = {}, 0
        self.eps, self.heads = set(), set()

    def see(self, step):
        if step.kind == 'tokens' and not self.count:
            self.stream = self.tokens = step
        elif self.stream is None:
            return
        elif step.kind == 'norm' and bare(step.inputs[0]) is self.stream:
            self.final = step
        elif step.kind == 'sum' and any(bare(side) is self.stream for side in step.inputs):
            first, second = map(bare, step.inputs)
            self.add_branch(second if first is self.stream else first)
            self.stream, self.final = step, None

    def add_branch(self, branch):
        """Attention or FFN, each block in turn, as it is added to the stream."""
        half, number = self.count % 2, self.count // 2 + 1
        block = f'blocks.{self.count // 2}.'
        self.count += 1
        if branch.kind == 'scale':
            self.state[f'{block}ls{half + 1}.gamma'] = branch.facts['weight']
            branch = bare(branch.inputs[0])
        self.require(branch.kind == 'linear', f'block {number} adds {branch.kind}')
        inner = bare(branch.inputs[0])
        if half:
            self.require(inner.kind == 'gelu', f'the FFN of block {number} has {inner.kind} where a ViT has GELU')
            self.keep(f'{block}mlp.fc2', branch)
            first = bare(inner.inputs[0])
            self.require(first.kind == 'linear', f'the FFN of block {number} begins with {first.kind}')
            self.keep(f'{block}mlp.fc1', first)
            self.keep_norm(f'{block}norm2', first.inputs[0])
        else:
            self.require(inner.kind == 'attention', f'block {number} has {inner.kind} where a ViT has attention')
            self.keep(f'{block}attn.proj', branch)
            self.keep_attention(block, inner)

    def keep_attention(self, block, attention):
        sides = [Side.of(step) for step in attention.inputs]
        linears = [side.linear for side in sides]
        self.require(all(linear.kind == 'linear' for linear in linears), f'{block}attn has other layers inside')
        joined, indices = len(set(map(id, linears))) == 1, [side.index for side in sides]
        self.require(indices == ([0, 1, 2] if joined else [None] * 3),
                     f'{block}attn has queries, keys and values in another order')
        for name, linear in zip(['qkv'] if joined else ['query', 'key', 'value'], linears):
            self.keep(f'{block}attn.{name}', linear)
        width = len(linears[0].facts['weight']) // (3 if joined else 1)
        heads = attention.facts.get('heads') or sides[0].heads(width)
        self.require(heads, f'{block}attn does not tell its heads')
        scale = attention.facts['factor'] * math.prod(side.factor for side in sides)
        self.require(math.isnan(scale) or math.isclose(scale, (width / heads) ** -0.5, rel_tol=1e-3),
                     f'{block}attn multiplies by {scale:.4g} for {heads} heads')
        self.heads.add(heads)
        self.keep_norm(f'{block}norm1', *(linear.inputs[0] for linear in linears))

    def keep(self, name, step):
        self.state[f'{name}.weight'] = step.facts['weight']
        if step.facts['bias'] is not None:
            self.state[f'{name}.bias'] = step.facts['bias']

    def keep_norm(self, name, *steps):
        norm = bare(steps[0])
        self.require(norm.kind == 'norm' and all(bare(step) is norm for step in steps)
                     and bare(norm.inputs[0]) is self.stream, f'{name} does not stand before all of its branch')
        self.keep(name, norm)
        self.eps.add(float(f"{norm.facts['eps']:.3g}"))

    def finish(self):
        """The state and the facts, once all steps were seen."""
        self.require(self.count and self.count % 2 == 0, 'no blocks of attention and FFN follow patches of an image')
        known = self.tokens.facts
        front, positions = known['front'], known.get('positions')
        self.require(sum(table.shape[1] for table in front) <= 1, 'it has register tokens')
        self.require(positions is not None, 'it has no position embeddings that are added to the patches')
        self.require(all((table == table[:1]).all() for table in (*front, positions)), 'its images have tokens apart')
        self.require(len(self.eps) == len(self.heads) == 1, 'its blocks differ')
        if self.final is not None:
            self.keep('norm', self.final)
        self.state['pos_embed'] = positions[:1]
        self.keep('patch_embed.proj', self.tokens)
        facts = dict(eps=self.eps.pop(), num_heads=self.heads.pop(), activation='GELU')
        if 'grid' in known:
            facts['grid'] = known['grid']
        if front:
            self.state['cls_token'] = front[0][:1]
            facts['skips_class_token'] = known['placed'] == 0
        return self.state, facts, known.get('resize', '')

    def require(self, rule, reason):
        if not rule:
            raise UsageError(f"this ONNX graph is not a ViT that mmpretrain's VisionTransformer can hold: {reason}.")


@dataclass
class Side:
    """Queries, keys or values: the layer that they come from, and what lies between."""

    linear: Step
    factor: float = 1.
    index: int | None = None
    shape: list | None = None

    @classmethod
    def of(cls, step):
        side = cls(step)
        while side.linear.kind in ('reshaped', 'times', 'part'):
            facts, shape = side.linear.facts, side.linear.facts.get('shape', ())
            side.factor *= facts.get('factor', 1.)
            if side.linear.kind == 'part':
                side.index = facts['index']
            elif len(shape) > 3:
                side.shape = shape
                if side.index is not None and shape[-3] != 3:  # the part is of heads or of numbers, not of three
                    side.index = -1
            side.linear = side.linear.inputs[0]
        return side

    def heads(self, width):
        """From the reshaping that splits channels, (..., heads, channels of each), or None."""
        count, each = (self.shape or [None, None])[-2:]
        count = width // each if count in (None, -1) and each else count
        return count if count and (each in (None, -1) or count * each == width) else None
