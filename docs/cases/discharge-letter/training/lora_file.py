"""Writes an adapter as GGUF in llama.cpp's format: `general.type` adapter, `adapter.type` lora, and for each adapted
tensor NAME the matrices NAME.lora_a (rank rows) and NAME.lora_b (rank columns), scaled there by alpha / rank."""

import hashlib

import gguf
import numpy as np

from base import interleave


def write_adapter(adapter, shape, base_file, out, rank, alpha):
    digest = hashlib.sha256(base_file.read_bytes()).hexdigest()
    writer = gguf.GGUFWriter(str(out), "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    writer.add_name("discharge-letter")
    writer.add_description("Discharge letters of one hospital's own layout, for clinical-extraction. A demonstration.")
    writer.add_license("Apache-2.0")
    writer.add_languages(["fr"])
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, "clinical-extraction")
    # An adapter is worth something only on the weights it was trained against.
    writer.add_base_model_version(0, f"sha256:{digest}")
    for (layer, tensor), (a, b) in adapter.pairs.items():
        a, b = a.detach().numpy(), b.detach().numpy()
        # The rows of q and k stand in another order in the file, and with them those of their change.
        b = interleave(b, shape) if tensor in ("attn_q", "attn_k") else b
        for half, values in (("lora_a", a), ("lora_b", b)):
            writer.add_tensor(f"blk.{layer}.{tensor}.weight.{half}", np.ascontiguousarray(values, dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(out, out.stat().st_size, "bytes, rank", rank, "for base sha256", digest)
