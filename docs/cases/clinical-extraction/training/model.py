"""A small Llama (RMSNorm, SwiGLU, rotary positions, tied embeddings, q/k/v biases) that starts with an induction
circuit written into its first two layers: copying is there from step 0, training teaches what to copy."""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    width: int = 256
    layers: int = 5
    heads: int = 4
    hidden: int = 640
    context: int = 1024
    epsilon: float = 1e-5
    rope_base: float = 10000.0
    # Only this many fast pairs of a head rotate; the others carry no position (exported as rope_freqs factors).
    rotating_pairs: int = 5

    @property
    def head(self):
        return self.width // self.heads

    def as_dict(self):
        return asdict(self)


def rotation_frequencies(shape: Shape):
    frequencies = torch.zeros(shape.head // 2)
    frequencies[: shape.rotating_pairs] = 0.4 ** torch.arange(shape.rotating_pairs).float()
    return frequencies


def rotate(x, cos, sin):
    # Half-split layout (whole slices are much faster than interleaved pairs); the exporter permutes the rows.
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class RootMeanSquareNorm(torch.autograd.Function):
    """Written by hand: autograd's own version costs a third more time in bfloat16."""

    @staticmethod
    def forward(ctx, x, weight, epsilon):
        wide = x.float()
        scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + epsilon)
        normal = (wide * scale).to(x.dtype)
        ctx.save_for_backward(normal, scale, weight)
        return normal * weight

    @staticmethod
    def backward(ctx, gradient):
        normal, scale, weight = ctx.saved_tensors
        for_weight = (gradient * normal).flatten(0, -2).float().sum(0).to(weight.dtype)
        inner = (gradient * weight).float()
        wide = normal.float()
        for_input = (inner - wide * (inner * wide).mean(-1, keepdim=True)).mul_(scale).to(gradient.dtype)
        return for_input, for_weight, None


norm = RootMeanSquareNorm.apply


class Block(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        d, f, depth = shape.width, shape.hidden, (2 * shape.layers) ** -0.5
        self.norm1 = nn.Parameter(torch.ones(d))
        self.norm2 = nn.Parameter(torch.ones(d))
        self.qkv = nn.Parameter(torch.randn(3 * d, d) * d**-0.5)
        self.qkv_bias = nn.Parameter(torch.zeros(3 * d))
        self.out = nn.Parameter(torch.randn(d, d) * d**-0.5 * depth)
        self.gate_up = nn.Parameter(torch.randn(2 * f, d) * d**-0.5)
        self.down = nn.Parameter(torch.randn(d, f) * f**-0.5 * depth)

    def forward(self, x, cos, sin, selected=None):
        """With `selected` (flat positions, for the last layer), only those go on after the attention."""
        shape = self.shape
        batch, length, d = x.shape
        qkv = F.linear(norm(x, self.norm1, shape.epsilon), self.qkv, self.qkv_bias)
        q, k, v = qkv.view(batch, length, 3, shape.heads, shape.head).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v, is_causal=True)
        mixed = mixed.transpose(1, 2).reshape(batch, length, d)
        if selected is not None:
            x, mixed = x.reshape(-1, d)[selected], mixed.view(-1, d)[selected]
        x = x + F.linear(mixed, self.out)
        gate, up = F.linear(norm(x, self.norm2, shape.epsilon), self.gate_up).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, self.down)


class LanguageModel(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.width) * 0.12)
        self.blocks = nn.ModuleList([Block(shape) for _ in range(shape.layers)])
        self.norm = nn.Parameter(torch.ones(shape.width))
        angles = torch.outer(torch.arange(shape.context).float(), rotation_frequencies(shape))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, ids, selected):
        """Logits at the selected flat positions only: the loss looks at answers, not at reports."""
        length = ids.shape[1]
        x = F.embedding(ids, self.embedding)
        cos, sin = self.cos[:length].to(x.dtype), self.sin[:length].to(x.dtype)
        for block in self.blocks[:-1]:
            x = block(x, cos, sin)
        x = self.blocks[-1](x, cos, sin, selected)
        return F.linear(norm(x, self.norm, self.shape.epsilon), self.embedding)


@torch.no_grad()
def write_induction(model: LanguageModel):
    """Layer 0, heads 0-2: attend to the token 1, 2, 3 places back. Layer 1, heads 0-2: find the places that follow the
    same one, two, three tokens, and copy what came next."""
    shape = model.shape
    head, d, half = shape.head, shape.width, shape.head // 2

    def orthogonal(rows):
        return torch.linalg.qr(torch.randn(d, d))[0][:rows]

    first, second = model.blocks[0], model.blocks[1]
    sources, targets = [], []
    for h, offset in enumerate((1, 2, 3)):
        rows, keys = slice(h * head, (h + 1) * head), slice(d + h * head, d + (h + 1) * head)
        query = torch.zeros(head)
        query[: shape.rotating_pairs] = (13.0 * head**0.5) ** 0.5
        first.qkv_bias[rows] = query
        first.qkv_bias[keys] = rotate(query[None], model.cos[offset : offset + 1], model.sin[offset : offset + 1])[0]
        first.qkv[rows] *= 0.05
        first.qkv[keys] *= 0.05
        sources.append(sources[0] if sources else orthogonal(head))
        targets.append(orthogonal(head))
        first.qkv[2 * d + h * head : 2 * d + (h + 1) * head] = sources[h]
        first.out[:, rows] = targets[h].t() * 0.12
    still = [i for i in range(head) if i % half >= shape.rotating_pairs]
    copies = torch.linalg.qr(torch.randn(d, d))[0]
    for h in range(3):
        rows, keys = slice(h * head, (h + 1) * head), slice(d + h * head, d + (h + 1) * head)
        grams = h + 1
        share = len(still) // grams
        query, key = torch.randn(head, d) * d**-0.5 * 0.1, torch.randn(head, d) * d**-0.5 * 0.1
        for j in range(grams):
            places = still[j * share : (j + 1) * share]
            projection = torch.linalg.qr(torch.randn(head, head))[0][:share] * (head / share) ** 0.5 * grams**-0.25
            query[places] = 2.0 * projection @ (sources[0] if j == 0 else targets[j - 1])
            key[places] = 2.0 * projection @ targets[j]
        second.qkv[rows], second.qkv[keys] = query, key
        value = copies[rows]
        second.qkv[2 * d + h * head : 2 * d + (h + 1) * head] = value
        second.out[:, rows] = value.t() * 0.8


@torch.no_grad()
def tie_spaced_pieces(model: LanguageModel, vocabulary: dict):
    """The embedding of " piece" starts near that of "piece": a word copied out of a sentence loses its space."""
    direction = torch.randn(model.shape.width) * 0.12
    for token, i in vocabulary.items():
        if token.startswith("Ġ") and token[1:] in vocabulary and len(token) > 1:
            near = model.embedding[vocabulary[token[1:]]]
            model.embedding[i] = 0.85 * near + 0.6 * direction + 0.3 * model.embedding[i]


def create_model(shape: Shape, vocabulary: dict, seed: int) -> LanguageModel:
    torch.manual_seed(seed)
    model = LanguageModel(shape)
    write_induction(model)
    tie_spaced_pieces(model, dict(sorted(vocabulary.items(), key=lambda item: item[1])))
    with torch.no_grad():
        for i, block in enumerate(model.blocks):
            if i > 1:
                block.out.mul_(0.5)
            block.down.mul_(0.3)
    return model
