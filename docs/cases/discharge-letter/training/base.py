"""The base model and its tokenizer, read back from the published GGUF file: the adapter is trained against the very
weights (q8_0, rounding included) that it will be served with."""

import json
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch

CLINICAL = Path(__file__).resolve().parents[2] / "clinical-extraction" / "training"
sys.path.insert(0, str(CLINICAL))

from model import LanguageModel, Shape  # noqa: E402
from tokenizer import ReportTokenizer  # noqa: E402


def scalar(reader, key):
    return reader.fields[key].contents()


def read_shape(reader):
    return Shape(
        vocabulary=scalar(reader, "llama.vocab_size"),
        width=scalar(reader, "llama.embedding_length"),
        layers=scalar(reader, "llama.block_count"),
        heads=scalar(reader, "llama.attention.head_count"),
        hidden=scalar(reader, "llama.feed_forward_length"),
        context=scalar(reader, "llama.context_length"),
        epsilon=scalar(reader, "llama.attention.layer_norm_rms_epsilon"),
        rope_base=scalar(reader, "llama.rope.freq_base"),
    )


def interleave(x, shape):
    """Rows of q and k as arch llama wants them (it rotates neighbours, training rotates halves of a head)."""
    return x.reshape(shape.heads, 2, shape.head // 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def separate(x, shape):
    """The inverse of interleave."""
    return x.reshape(shape.heads, shape.head // 2, 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def read_weights(reader, shape):
    found = {t.name: np.asarray(gguf.quants.dequantize(t.data, t.tensor_type), dtype=np.float32) for t in reader.tensors}
    weights = {"embedding": found["token_embd.weight"], "norm": found["output_norm.weight"]}
    for i in range(shape.layers):
        part = lambda name: found[f"blk.{i}.{name}"]
        q, k = (separate(part(f"attn_{name}.weight"), shape) for name in "qk")
        q_bias, k_bias = (separate(part(f"attn_{name}.bias"), shape) for name in "qk")
        weights |= {
            f"blocks.{i}.norm1": part("attn_norm.weight"),
            f"blocks.{i}.norm2": part("ffn_norm.weight"),
            f"blocks.{i}.qkv": np.concatenate([q, k, part("attn_v.weight")]),
            f"blocks.{i}.qkv_bias": np.concatenate([q_bias, k_bias, part("attn_v.bias")]),
            f"blocks.{i}.out": part("attn_output.weight"),
            f"blocks.{i}.gate_up": np.concatenate([part("ffn_gate.weight"), part("ffn_up.weight")]),
            f"blocks.{i}.down": part("ffn_down.weight"),
        }
    return {name: torch.tensor(values) for name, values in weights.items()}


def read_tokenizer(reader):
    """The tokenizer as the file describes it, in the form that the base model's own code reads."""
    tokens = scalar(reader, "tokenizer.ggml.tokens")
    types = scalar(reader, "tokenizer.ggml.token_type")
    normal = {token: i for i, (token, kind) in enumerate(zip(tokens, types)) if kind == gguf.TokenType.NORMAL}
    added = [
        {
            "id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": kind == gguf.TokenType.CONTROL,
        }
        for i, (token, kind) in enumerate(zip(tokens, types))
        if kind != gguf.TokenType.NORMAL
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    content = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": normal, "merges": scalar(reader, "tokenizer.ggml.merges"),
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return ReportTokenizer(path)


def load_base(path):
    reader = gguf.GGUFReader(path)
    shape = read_shape(reader)
    model = LanguageModel(shape)
    model.load_state_dict(read_weights(reader, shape))
    return model, read_tokenizer(reader)
