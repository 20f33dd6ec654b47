"""ViT and DINOv2 in the block structure and under the names of Hugging Face's transformers, which is not installed."""
import torch
import torch.nn.functional as F
from torch import nn

from tests.foreign import ARCH

WIDTH, HEADS, HIDDEN = ARCH['embed_dims'], ARCH['num_heads'], ARCH['feedforward_channels']
GATED = 64  # two thirds of HIDDEN


def linear(inputs, outputs, *, bias=True):
    return nn.ModuleDict(dict(dense=nn.Linear(inputs, outputs, bias=bias)))


class Layer(nn.Module):
    """A block: before-norms, queries, keys and values apart, and for DINOv2 a scale of each branch."""

    def __init__(self, kind, *, qkv_bias=True):
        super().__init__()
        self.kind = kind
        parts = {name: nn.Linear(WIDTH, WIDTH, bias=qkv_bias) for name in ('query', 'key', 'value')}
        self.attention = nn.ModuleDict(dict(attention=nn.ModuleDict(parts), output=linear(WIDTH, WIDTH)))
        if kind == 'vit':
            self.layernorm_before, self.layernorm_after = (nn.LayerNorm(WIDTH, eps=1e-6) for _ in range(2))
            self.intermediate, self.output = linear(WIDTH, HIDDEN), linear(HIDDEN, WIDTH)
            return
        self.norm1, self.norm2 = (nn.LayerNorm(WIDTH, eps=1e-6) for _ in range(2))
        self.layer_scale1, self.layer_scale2 = (
            nn.ParameterDict(dict(lambda1=nn.Parameter(torch.ones(WIDTH)))) for _ in range(2))
        if kind == 'giant':
            self.mlp = nn.ModuleDict(dict(weights_in=nn.Linear(WIDTH, 2 * GATED), weights_out=nn.Linear(GATED, WIDTH)))
        else:
            self.mlp = nn.ModuleDict(dict(fc1=nn.Linear(WIDTH, HIDDEN), fc2=nn.Linear(HIDDEN, WIDTH)))

    def forward(self, tokens):
        if self.kind == 'vit':
            tokens = tokens + self.attend(self.layernorm_before(tokens))
            hidden = F.gelu(self.intermediate.dense(self.layernorm_after(tokens)))
            return tokens + self.output.dense(hidden)
        tokens = tokens + self.layer_scale1.lambda1 * self.attend(self.norm1(tokens))
        return tokens + self.layer_scale2.lambda1 * self.feed(self.norm2(tokens))

    def attend(self, tokens):
        def split(linear):
            return linear(tokens).reshape(*tokens.shape[:2], HEADS, WIDTH // HEADS).transpose(1, 2)

        own = self.attention['attention']
        keys, values, queries = split(own['key']), split(own['value']), split(own['query'])
        shares = (queries @ keys.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5).softmax(dim=-1)
        return self.attention['output'].dense((shares @ values).transpose(1, 2).flatten(2))

    def feed(self, tokens):
        if self.kind == 'giant':
            gate, hidden = self.mlp['weights_in'](tokens).chunk(2, dim=-1)
            return self.mlp['weights_out'](F.silu(gate) * hidden)
        return self.mlp['fc2'](F.gelu(self.mlp['fc1'](tokens)))


class HuggingFaceModel(nn.Module):
    """The encoder, from pixels to normed tokens (B, 1 + N, C); position embeddings follow the image size.

    Args:
        kind: 'vit', 'dinov2' or 'giant' (DINOv2 with a gated FFN).
        size: of the images that the position embeddings are for.
    """

    def __init__(self, kind, *, size=32, patch=8, registers=0, qkv_bias=True):
        super().__init__()
        self.grid = size // patch
        tokens = dict(cls_token=torch.zeros(1, 1, WIDTH),
                      position_embeddings=torch.zeros(1, self.grid ** 2 + 1, WIDTH))
        if kind != 'vit':
            tokens['mask_token'] = torch.zeros(1, WIDTH)
        if registers:
            tokens['register_tokens'] = torch.zeros(1, registers, WIDTH)
        self.embeddings = nn.ParameterDict(tokens)
        self.embeddings.patch_embeddings = nn.ModuleDict(dict(projection=nn.Conv2d(3, WIDTH, patch, stride=patch)))
        layers = nn.ModuleList(Layer(kind, qkv_bias=qkv_bias) for _ in range(ARCH['num_layers']))
        self.encoder = nn.ModuleDict(dict(layer=layers))
        self.layernorm = nn.LayerNorm(WIDTH, eps=1e-6)

    def forward(self, image):
        patches = self.embeddings.patch_embeddings['projection'](image)
        tokens = torch.cat([self.embeddings['cls_token'].expand(image.shape[0], -1, -1),
                            patches.flatten(2).transpose(1, 2)], dim=1)
        tokens = tokens + self.positions(patches.shape[2:])
        for layer in self.encoder['layer']:
            tokens = layer(tokens)
        return self.layernorm(tokens)

    def positions(self, grid):
        own = self.embeddings['position_embeddings']
        patches = own[:, 1:].reshape(1, self.grid, self.grid, WIDTH).permute(0, 3, 1, 2)
        patches = F.interpolate(patches, size=grid, mode='bicubic', align_corners=False)
        return torch.cat([own[:, :1], patches.flatten(2).transpose(1, 2)], dim=1)
