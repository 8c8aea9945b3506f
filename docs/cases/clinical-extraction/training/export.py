"""Writes a checkpoint as GGUF (arch llama, q8_0) with tokenizer, chat template, name and licence.
python export.py RUN_FOLDER OUT.gguf"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch

from model import Shape, rotation_frequencies
from tokenizer import CONTROL, ReportTokenizer

# A bare user message with the report is enough. A system message is put in front of it, as the samples with an
# instruction had it.
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}<|user|>{{ message['content'] + '\\n\\n' }}"
    "{% elif message['role'] == 'user' %}"
    "{% if loop.index0 == 0 or messages[loop.index0 - 1]['role'] != 'system' %}<|user|>{% endif %}{{ message['content'] }}"
    "{% elif message['role'] == 'assistant' %}<|assistant|>{{ message['content'] }}</s>"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


# Twice what training saw: so little rides on positions that answers stay right, and a list that runs on ends within its
# bounds instead of being cut in the middle of the JSON.
CONTEXT_TOKENS = 2048

def add_metadata(writer, shape):
    writer.add_name("clinical-extraction")
    writer.add_description("French clinical reports, with surrogates for personal data, to JSON. A demonstration.")
    writer.add_license("Apache-2.0")
    writer.add_languages(["fr"])
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_rope_dimension_count(shape.head)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)


def add_tokenizer(writer, tokenizer):
    content = json.loads(tokenizer.inner.to_str())
    tokens, types = [None] * tokenizer.size, [gguf.TokenType.NORMAL] * tokenizer.size
    for token, i in tokenizer.inner.get_vocab().items():
        tokens[i] = token
    for added in content["added_tokens"]:
        control = added["content"] in CONTROL
        types[added["id"]] = gguf.TokenType.CONTROL if control else gguf.TokenType.USER_DEFINED
    writer.add_tokenizer_model("gpt2")
    # The pre-tokeniser of GPT-2 under the name that does not "clean" spaces when llama.cpp decodes (" ," stays " ,").
    writer.add_tokenizer_pre("trillion")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([" ".join(m) if isinstance(m, list) else m for m in content["model"]["merges"]])
    writer.add_bos_token_id(tokenizer.bos)
    writer.add_eos_token_id(tokenizer.eos)
    writer.add_pad_token_id(tokenizer.pad)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)
    # Extraction has one right answer: who asks for nothing else gets the likeliest tokens.
    writer.add_float32("general.sampling.temp", 0.0)


def add_tensors(writer, shape, weights):
    def interleave(x):
        # Training rotates halves of a head, arch llama rotates neighbours.
        return x.reshape(shape.heads, 2, shape.head // 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)

    def add(name, tensor):
        values = np.ascontiguousarray(tensor.float().numpy(), dtype=np.float32)
        if values.ndim == 1:
            return writer.add_tensor(name, values)
        kind = gguf.GGMLQuantizationType.Q8_0
        return writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)

    add("token_embd.weight", weights["embedding"])
    add("output_norm.weight", weights["norm"])
    for i in range(shape.layers):
        part = lambda name: weights[f"blocks.{i}.{name}"]
        q, k, v = part("qkv").chunk(3)
        q_bias, k_bias, v_bias = part("qkv_bias").chunk(3)
        gate, up = part("gate_up").chunk(2)
        for name, tensor in {
            "attn_norm.weight": part("norm1"), "ffn_norm.weight": part("norm2"),
            "attn_q.weight": interleave(q), "attn_k.weight": interleave(k), "attn_v.weight": v,
            "attn_q.bias": interleave(q_bias), "attn_k.bias": interleave(k_bias), "attn_v.bias": v_bias,
            "attn_output.weight": part("out"), "ffn_gate.weight": gate, "ffn_up.weight": up, "ffn_down.weight": part("down"),
        }.items():
            add(f"blk.{i}.{name}", tensor)
    wanted = rotation_frequencies(shape).numpy().astype(np.float64)
    usual = shape.rope_base ** (-2 * np.arange(shape.head // 2) / shape.head)
    factors = np.where(wanted > 0, usual / np.maximum(wanted, 1e-30), 1e20)  # a factor of 1e20 stands still
    writer.add_tensor("rope_freqs.weight", factors.astype(np.float32))


def export(run: Path, out: Path):
    checkpoint = torch.load(run / "checkpoint.pt", weights_only=False)
    shape = Shape(**checkpoint["shape"])
    weights = checkpoint["optimizer"]["masters"]
    writer = gguf.GGUFWriter(str(out), "llama")
    add_metadata(writer, shape)
    add_tokenizer(writer, ReportTokenizer(run / "tokenizer.json"))
    add_tensors(writer, shape, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    parameters = sum(tensor.numel() for tensor in weights.values())
    print(out, out.stat().st_size, "bytes,", parameters, "parameters, step", checkpoint["step"], "tokens", checkpoint["tokens"])


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
