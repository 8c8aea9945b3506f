"""Trains a LoRA adapter on the letters of one hospital against the published base model, on one thread, in minutes:
the base stays as it is, each matrix W of the blocks becomes W + (alpha / rank) B A, and only A and B are learned.
The schedule counts tokens, so the same base gives the same run. python adapt.py BASE.gguf OUT.gguf [--tokens N]"""

import argparse
import math
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.func import functional_call

from base import load_base
from lora_file import write_adapter

import samples

SEED = 31
RANK, ALPHA = 8, 16.0
STEP_TOKENS, POOL, LONGEST = 3300, 140, 512
RATE, WARM_UP = 4e-3, 20
REPORT_EVERY = 10


class Letters(samples.Stream):
    """The letters of this case, through the reader of the base model's."""

    def __init__(self, name, seed, first):
        clinical = samples.CASE
        samples.CASE = Path(__file__).resolve().parent.parent
        super().__init__(name, seed, first)
        samples.CASE = clinical


# Matrices of a block by the name of its parameter: tensors stacked in it, in order.
STACKED = {
    "qkv": ("attn_q", "attn_k", "attn_v"), "out": ("attn_output",), "gate_up": ("ffn_gate", "ffn_up"), "down": ("ffn_down",),
}


class Adapter:
    """A and B for every matrix of every block; B is zero at first, so that training starts from the base model."""

    def __init__(self, model):
        self.base = {name: p.detach() for name, p in model.named_parameters()}
        self.pairs = {}
        for i in range(model.shape.layers):
            for parameter, tensors in STACKED.items():
                whole = self.base[f"blocks.{i}.{parameter}"]
                rows = whole.shape[0] // len(tensors)
                for tensor in tensors:
                    a = torch.randn(RANK, whole.shape[1]) * whole.shape[1] ** -0.5
                    self.pairs[(i, tensor)] = (a.requires_grad_(), torch.zeros(rows, RANK).requires_grad_())

    def parameters(self):
        return [matrix for pair in self.pairs.values() for matrix in pair]

    def weights(self):
        """The weights of the adapted model, in the arithmetic's precision."""
        weights = {name: p.bfloat16() for name, p in self.base.items()}
        for i in sorted({i for i, _ in self.pairs}):
            for parameter, tensors in STACKED.items():
                name = f"blocks.{i}.{parameter}"
                change = torch.cat([self.pairs[(i, t)][1] @ self.pairs[(i, t)][0] for t in tensors])
                weights[name] = (self.base[name] + (ALPHA / RANK) * change).bfloat16()
        return weights


def collate(batch, pad):
    length = max(len(p) + len(a) for p, a in batch)
    ids = torch.full((len(batch), length), pad)
    selected, wanted = [], []
    for row, (prompt, answer) in enumerate(batch):
        ids[row, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
        start = row * length + len(prompt) - 1
        selected += range(start, start + len(answer))
        wanted += answer
    return ids, torch.tensor(selected), torch.tensor(wanted)


def batches(tokenizer, stream, shuffle):
    """Endless batches of about STEP_TOKENS, letters of like length together."""
    while True:
        pairs = [(tokenizer.prompt(text), tokenizer.answer(answer)) for text, answer in stream.take(POOL)]
        pairs = sorted((p for p in pairs if len(p[0]) + len(p[1]) <= LONGEST), key=lambda p: len(p[0]) + len(p[1]))
        cut, current = [], []
        for pair in pairs:
            if current and (len(current) + 1) * (len(pair[0]) + len(pair[1])) > STEP_TOKENS:
                cut.append(current)
                current = []
            current.append(pair)
        shuffle(cut)
        yield from cut


def rate(step, progress):
    """Warm-up by steps, then a half cosine to a fiftieth."""
    return RATE * min(1.0, (step + 1) / WARM_UP) * max(0.02, 0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)))


def train(model, tokenizer, tokens_wanted):
    torch.manual_seed(SEED)
    adapter = Adapter(model)
    optimizer = torch.optim.Adam(adapter.parameters(), lr=RATE, betas=(0.9, 0.98))
    stream = Letters("train", SEED, 0)
    source = batches(tokenizer, stream, random.Random(SEED).shuffle)
    tokens, step, average = 0, 0, None
    while tokens < tokens_wanted:
        ids, selected, wanted = collate(next(source), tokenizer.pad)
        loss = F.cross_entropy(functional_call(model, adapter.weights(), (ids, selected)).float(), wanted)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(adapter.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate(step, tokens / tokens_wanted)
        optimizer.step()
        tokens, step = tokens + ids.numel(), step + 1
        average = loss.item() if average is None else 0.9 * average + 0.1 * loss.item()
        if step % REPORT_EVERY == 0:
            print(f"step {step} tokens {tokens} seconds {time.process_time():.0f} loss {average:.4f}", flush=True)
    stream.close()
    return adapter


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("out")
    parser.add_argument("--tokens", type=float, default=3e5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    base, base_tokenizer = load_base(options.base)
    # No gradient of the base is wanted: only A and B are leaves.
    base.requires_grad_(False)
    trained = train(base, base_tokenizer, options.tokens)
    write_adapter(trained, base.shape, Path(options.base), Path(options.out), RANK, ALPHA)
