"""PromptedTextTower: CLIP's text transformer with a tuning method."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmengine.registry import MODELS
from mmpretrain.models.backbones.vision_transformer import TransformerEncoderLayer
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..errors import UsageError
from ..layers.attention import attend, cross
from ..layers.causal import causal_mask
from ..layers.ffn import ffn_branch
from ..layers.precision import full_precision
from ..layers.projection import Projection
from ..tuning.composed import TuningList, methods_of
from ..tuning.context import ConditionalContext, ContextPrompt, Texts
from ..tuning.method import Memory, Outputs, Place, TuningMethod
from ..tuning.tokens import tokenize, trim
from ..weights.state import TUNING
from ..weights.words import read_words
from .attending import SeesPrompts
from .tunable import PLAIN, Tunable

ACTIVATIONS = dict(GELU='GELU', QuickGELU='mmpretrain.QuickGELU')  # as the registry knows them


@MODELS.register_module()
class PromptedTextTower(SeesPrompts, Tunable, BaseModule):
    """A frozen text transformer (Radford et al. 2021), what is learned inside it, and where it meets an image tower.

    A word sees those before it, so prompts stand in front of a text, where all of it sees them. Those that are keys and
    values (``DeepPrompt``) are discarded behind each block; those that travel (``ShallowPrompt``) see each other in
    order, and no words. Vectors among the words (``ContextPrompt``) are seen by what follows them.

    Args:
        width: channels of a token; ``heads`` share them.
        layers: number of blocks.
        context: the most tokens of a text.
        vocabulary: number of known tokens; the end token is the last of them.
        features: channels of the space that texts and images share.
        image_width: channels of the image tower's feature; None without an image tower.
        activation: 'GELU' or 'QuickGELU': as the weights were trained.
        eps: of the norms.
        tuning: config of a tuning method, a list of them, or None: then nothing is frozen.

    Raises:
        UsageError: a tuning method that does not fit, or heads that don't share the width evenly.
    """

    reads_by = staticmethod(read_words)
    gives = frozenset({'words'})
    gives_one_feature = True

    def __init__(self, *, width: int = 512, heads: int = 8, layers: int = 12, context: int = 77,
                 vocabulary: int = 49408, features: int = 512, image_width: int | None = None,
                 activation: str = 'GELU', eps: float = 1e-5, tuning: Any = None, init_cfg: Any = None) -> None:
        super().__init__(init_cfg=init_cfg)
        if activation not in ACTIVATIONS:
            raise UsageError(f"activation of a text tower must be 'GELU' or 'QuickGELU', got {activation!r}.")
        if width % heads:
            raise UsageError(f'heads must share the width of a text tower evenly, got {heads} for {width}.')
        self.width, self.context, self.features, self.activation = width, context, features, activation
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.pos_embed = nn.Parameter(torch.empty(context, width).normal_(std=0.01))
        self.layers = nn.ModuleList(TransformerEncoderLayer(
            width, heads, 4 * width, act_cfg=dict(type=ACTIVATIONS[activation]), norm_cfg=dict(type='LN', eps=eps))
            for _ in range(layers))
        self.ln_final = nn.LayerNorm(width, eps=eps)
        self.projection = nn.Linear(width, features, bias=False)
        self.image_projection = None if image_width is None else nn.Linear(image_width, features, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        self.tune(tuning)

    def init_weights(self) -> None:
        learned = any(key.startswith(TUNING) for key in self.loaded)
        super().init_weights()
        for method in [] if learned else self.methods:
            method.start(self)

    @property
    def methods(self) -> list[TuningMethod]:
        return [] if self.tuning is None else methods_of(self.tuning)

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments that no shape of a tensor shows."""
        return dict(activation=self.activation, num_heads=self.blocks[0].attn.num_heads, eps=self.ln_final.eps)

    @property
    def blocks(self) -> list[Any]:
        return list(self.layers)

    @property
    def block_widths(self) -> tuple[int, ...]:
        return (self.width,) * len(self.layers)

    @property
    def block_tokens(self) -> tuple[int, ...]:
        return (self.context,) * len(self.layers)

    @property
    def block_norms(self) -> list[tuple[Any, Any]]:
        return [(block.ln1, block.ln2) for block in self.blocks]

    @property
    def final_norms(self) -> list[Any]:
        return [self.ln_final]

    def projection_of(self, block: Any) -> Projection:
        return Projection(block.ln1, block.attn.qkv)

    def forward(self, inputs: Tensor, *, ends: Tensor | None = None, **given: Any) -> Outputs:
        """Features (B, features) of texts, in a tuple of one.

        Args:
            inputs: token ids (B, N), or embeddings of them (B, N, width), to which positions are added here; N is at
                most ``context``.
            ends: (B,), where the end tokens of embeddings stand, the last by default.
            given: for the tuning method.
        """
        return self.run(inputs, PLAIN if self.tuning is None else self.tuning, asked=dict(ends=ends), **given)

    def walk(self, inputs: Tensor, tuning: TuningMethod | TuningList, memory: Memory, *,
             ends: Tensor | None = None) -> Outputs:
        tokens, ends = tuning.enter(self.embed(inputs), memory), self.ends_of(inputs) if ends is None else ends
        count = tokens.shape[1]
        if count > self.context:
            raise UsageError(f'a text must have at most {self.context} tokens in this tower, got {count}.')
        tokens = tokens + self.pos_embed[:count]
        places = [Place(block, len(tokens), 0, count, None) for block in range(len(self.layers))]
        seen, crossed, masks = self.see(tuning, memory, places), self.cross(tuning, memory, places), {}
        for place, block in zip(places, self.blocks):
            tokens = tuning.before(tokens, place, memory)
            behind = tokens.shape[1] - count, 0 if seen[place.block] is None else seen[place.block].shape[1]
            if behind not in masks:
                masks[behind] = causal_mask(count, *behind, tokens.device)
            branch = attend(block.attn, block.ln1(tokens), seen[place.block], mask=masks[behind],
                            temperature=tuning.temperature(place, memory))
            tokens = tokens + tuning.after_attention(branch, tokens, place, memory)
            if crossed[place.block] is not None:
                branch = cross(block.attn, block.ln1(tokens), crossed[place.block])
                tokens = tokens + tuning.after_cross(branch, tokens, place, memory)
            tokens = tokens + tuning.after_ffn(ffn_branch(block.ffn, block.ln2(tokens)), tokens, place, memory)
        read = tokens[torch.arange(len(tokens), device=tokens.device), ends]  # (B, C)
        return (self.projection(self.ln_final(read)),)

    def embed(self, inputs: Tensor) -> Tensor:
        """Token ids (B, N) to (B, N, C), without positions; embeddings as they are."""
        return inputs if inputs.is_floating_point() else self.token_embedding(inputs)

    def ends_of(self, inputs: Tensor) -> Tensor:
        """(B,): where the end tokens stand. Theirs is the highest id."""
        if inputs.is_floating_point():
            return torch.full((len(inputs),), inputs.shape[1] - 1, device=inputs.device)
        return inputs.argmax(dim=1)

    @property
    def learns(self) -> bool:
        """Whether training changes the features of texts."""
        return any(parameter.requires_grad for parameter in self.parameters())

    @property
    def context_prompt(self) -> ContextPrompt | None:
        """The method that has vectors among the words, if there is one."""
        return next((method for method in self.methods if isinstance(method, ContextPrompt)), None)

    @property
    def sees_images(self) -> bool:
        """Whether features of texts depend on the image that they are compared to."""
        return isinstance(self.context_prompt, ConditionalContext)

    def texts_of(self, names: Sequence[str], template: str = 'a photo of a {}.', **given: Any) -> Texts:
        """What the tower reads for classes of these names (underscores are blanks), in a learned context or a template.

        Args:
            names: of classes.
            template: with {} for the name; a learned context takes its place.
            given: for the ``texts`` of the context, such as a ``domain``.

        Raises:
            UsageError: a name that leaves no room among the tower's tokens.
        """
        if self.context_prompt is None:
            return self.plain_texts_of(names, template)
        return self.context_prompt.texts([name.replace('_', ' ') for name in names], self.context, **given)

    def plain_texts_of(self, names: Sequence[str], template: str) -> Texts:
        """Names in a template, whatever is learned."""
        sentences = [template.replace('{}', name.replace('_', ' ')) for name in names]
        return Texts(trim(tokenize(sentences, self.context)))

    def plain_features_of(self, texts: Texts, *, chunk: int = 256) -> Tensor:
        """Features (K, features) of plain texts as the tower was pretrained, whatever is learned; no gradient."""
        return torch.cat([self.plain(ids)[0] for ids in texts.ids.to(self.pos_embed.device).split(chunk)])

    def features_of(self, texts: Texts, *, images: Tensor | None = None, chunk: int = 256) -> Tensor:
        """Features (K, features) of texts, or (B, K, features) where they depend on images.

        Args:
            texts: from :meth:`texts_of`.
            images: (B, features), unit vectors from :meth:`direction`.
            chunk: texts that are computed at once. Where something learns, each chunk is computed again in the
                backward pass, so that memory holds the activations of one chunk.
        """
        device, count = self.pos_embed.device, len(texts.ids)
        texts = texts._replace(ids=texts.ids.to(device), slots=None if texts.slots is None else texts.slots.to(device))
        rows = torch.arange(count * (1 if images is None else len(images)), device=device)
        parts = [self._features_of_rows(part, texts, images) if not (torch.is_grad_enabled() and self.learns)
                 else checkpoint(self._features_of_rows, part, texts, images, use_reentrant=False)
                 for part in rows.split(chunk)]
        features = torch.cat(parts)
        return features if images is None else features.unflatten(0, (-1, count))

    def _features_of_rows(self, rows: Tensor, texts: Texts, images: Tensor | None) -> Tensor:
        """Row r is text r % K, and image r // K."""
        count = len(texts.ids)
        classes = rows % count
        given = dict(classes=classes, slots=None if texts.slots is None else texts.slots[classes], domain=texts.domain,
                     images=None if images is None else images[rows // count])
        return self(texts.ids[classes], **given)[0]

    def scores(self, images: Tensor, texts: Tensor) -> Tensor:
        """Scaled cosines (B, K) of images, features (B, image_width), and texts, features (K, features) of this tower.

        ``texts`` may be (B, K, features), where they differ by image. A scale is near 100, so that products of half
        precision would be off by tenths: these are of float32 at least.
        """
        return self.compare(self.direction(images), texts)

    def compare(self, directions: Tensor, texts: Tensor) -> Tensor:
        """The same of unit vectors (..., features), of pixels as well; texts that differ are for (B, features)."""
        texts = unit(texts)
        with full_precision(directions):
            cosines = directions @ texts.t() if texts.dim() == 2 else torch.einsum('bd,bkd->bk', directions, texts)
        return self.logit_scale.exp() * cosines

    def direction(self, images: Tensor) -> Tensor:
        """Features (..., image_width) of the image tower to unit vectors (..., features) of the shared space.

        Raises:
            UsageError: a tower without ``image_width``.
        """
        if self.image_projection is None:
            raise UsageError('this text tower has no place for images: set image_width to the width of the image '
                             "tower, such as 768 for ViT-B, or take a file that holds both towers.")
        return unit(self.image_projection(images))


def unit(vectors: Tensor) -> Tensor:
    """Vectors (..., D) of length 1, in float32 at least."""
    return F.normalize(vectors.to(torch.promote_types(vectors.dtype, torch.float32)), dim=-1)
