"""Checkpoints of strangers, as plain files: an honest one, and doors that each open one way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Files = Mapping[str, Any]

HONEST: dict[str, Any] = {
    "config.json": {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "dtype": "float32",
        "id2label": {"0": "U.S.", "1": "a.B"},
        "_attn_implementation": "flash_attention_2",
        "quantization_config": {"quant_method": "gptq", "bnb_4bit_quant_type": "nf4"},
        "sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"},
    },
    "modules.json": [
        {"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "path": "2_Dense", "type": "pylate.models.Dense.Dense"},
        {
            "idx": 3,
            "path": "3_Normalize",
            "type": "sentence_transformers.base.modules.normalize.Normalize",
        },
    ],
    "sentence_bert_config.json": {
        "max_seq_length": 256,
        "model_args": {"dtype": "torch.float16"},
        "modality_config": {"text": {"method": "forward", "method_output_name": "x.y"}},
    },
    "config_sentence_transformers.json": {"prompts": {"query": "a.B: "}, "model_type": "x"},
    "1_Pooling/config.json": {"pooling_mode_mean_tokens": True},
    "2_Dense/config.json": {"activation_function": "torch.nn.modules.activation.Tanh"},
    "2_Dense/model.safetensors": b"",
    "generation_config.json": {"_from_model_config": True},
    "tokenizer_config.json": {
        "tokenizer_class": "BertTokenizer",
        "name_or_path": "/x/y.Z",
        "vocab_file": "/root/vocab.txt",
        "vocab": {"./": 0},
        "fast_tokenizer_files": ["tokenizer.4.0.0.json"],
    },
    "tokenizer.json": {"pre_tokenizer": {"type": "x.Y"}, "auto_map": {"words": "are data"}},
    "preprocessor_config.json": {"image_processor_type": "ViTImageProcessor"},
    "model.safetensors": b"",
    "pytorch_model.bin": b"left beside",
    "training_args.bin": b"left behind",
    "openvino/openvino_model.bin": b"no pickle",
    "handler.py": b"print('of an endpoint elsewhere')",
}
"""What honest checkpoints hold: nothing of it may be refused."""

EVIL, DENSE = "evilmod.Evil", "sentence_transformers.models.Dense"
ROUTER = {"types": {"query_0_Dense": EVIL}, "structure": {"query": ["query_0_Dense"]}}

CODE: dict[str, Files] = {
    "module": {"modules.json": [{"path": "", "type": EVIL}]},
    "module of the library's own dependencies": {
        "modules.json": [{"path": "", "type": "sentence_transformers.util.torch"}]
    },
    "module named like one": {
        "modules.json": [{"path": "", "type": "sentence_transformers_x.Transformer"}]
    },
    "module behind a dunder": {
        "modules.json": [{"path": "", "type": "sentence_transformers.__builtins__.exec"}]
    },
    "module in full-width letters": {
        "modules.json": [{"path": "", "type": "sentence_transformers.ｍodels.Ｔransformer"}]
    },
    "module, the key twice": {
        "modules.json": b'[{"type": "evilmod.Evil", "type": "sentence_transformers.models.Dense"}]'
    },
    "module, the key twice the other way": {
        "modules.json": b'[{"type": "sentence_transformers.models.Dense", "type": "evilmod.Evil"}]'
    },
    "module, with a line's end": {"modules.json": [{"path": "", "type": "evilmod.Evil\n"}]},
    "module, with a space": {"modules.json": [{"path": "", "type": "evilmod. Evil"}]},
    "module without a dot": {"modules.json": [{"path": "", "type": "evilmod"}]},
    "module in a list": {"modules.json": [{"path": "", "type": [EVIL]}]},
    "module in an object of objects": {"modules.json": {"0": {"path": "", "type": EVIL}}},
    "module in a file in capitals": {"MODULES.JSON": [{"path": "", "type": EVIL}]},
    "module of a router": {"1_Pooling/router_config.json": ROUTER},
    "module of a router, in the older file": {"1_Pooling/config.json": ROUTER},
    "activation of a layer": {"2_Dense/config.json": {"activation_function": EVIL}},
    "activation that calls a tool of torch": {
        "2_Dense/config.json": {"activation_function": "torch.utils.collect_env.main"}
    },
    "activation of a cross-encoder": {
        "config.json": {"sentence_transformers": {"activation_fn": EVIL}}
    },
    "activation of an older cross-encoder": {
        "config.json": {"sbert_ce_default_activation_function": EVIL}
    },
    "tokenizer class of word embeddings": {
        "1_Pooling/wordembedding_config.json": {"tokenizer_class": EVIL}
    },
    "tokenizer class of another repository": {
        "tokenizer_config.json": {"tokenizer_class": "org/name--evilmod.Evil"}
    },
    "auto_map of the configuration": {"config.json": {"auto_map": {"AutoConfig": EVIL}}},
    "auto_map of a part": {"config.json": {"text_config": {"auto_map": {"AutoModel": EVIL}}}},
    "auto_map of the tokenizer": {
        "tokenizer_config.json": {"auto_map": {"AutoTokenizer": [EVIL, None]}}
    },
    "auto_map of the image processor": {
        "preprocessor_config.json": {"auto_map": {"AutoImageProcessor": EVIL}}
    },
    "auto_map of the processor": {
        "processor_config.json": {"image_processor": {"auto_map": {"AutoProcessor": EVIL}}}
    },
    "auto_map of generation": {"generation_config.json": {"auto_map": {"X": EVIL}}},
    "auto_map below a folder": {"0_Transformer/config.json": {"auto_map": {"AutoModel": EVIL}}},
    "auto_map of Stanford's ColBERT": {"artifact.metadata": {"auto_map": {"AutoModel": EVIL}}},
    "pipelines": {"config.json": {"custom_pipelines": {"x": {"impl": "evil.Pipe"}}}},
    "generation of its own": {"custom_generate/generate.py": b"raise SystemExit('ran')"},
    "trust that it gives itself": {
        "sentence_bert_config.json": {"model_args": {"trust_remote_code": True}}
    },
    "kernel": {"config.json": {"_attn_implementation": "org/kernel"}},
    "a kernel that is compiled here": {"config.json": {"attn_implementation": "flex_attention"}},
    "kernel of a part": {
        "config.json": {"attn_implementation": {"text_config": "org/kernel@main:forward"}}
    },
    "method that is no forward": {
        "sentence_bert_config.json": {"modality_config": {"text": {"method": "__class__"}}}
    },
    "method that writes": {
        "sentence_bert_config.json": {"modality_config": {"text": {"method": "push_to_hub"}}}
    },
    "target of a framework": {"config.json": {"_target_": "os.system"}},
}
"""Code of its own: refused, and let pass where the user trusts it."""

NUMBERS: dict[str, tuple[Any, ...]] = {
    "model_max_length": (float("nan"), 0.5, 3.7, "32", True, 0, -1, [32]),
    "attention_types": ([[["global", "local"], 10**9]],),
    **dict.fromkeys(("num_local_experts", "conv_kernel", "n_positions"), (10**7,)),
    **dict.fromkeys(("vocab_size", "hidden_size", "out_features"), (10**9,)),
}
"""Keys -> numbers of things that are none, or that fill the memory whatever weights there are."""

ELSEWHERE: dict[str, Files] = {
    **{f"{key} {value!r}": {"tokenizer_config.json": {key: value}}
       for key, values in NUMBERS.items() for value in values},
    "module outside": {"modules.json": [{"path": "../outside", "type": DENSE}]},
    "module at an absolute place": {"modules.json": [{"path": "/tmp/x", "type": DENSE}]},
    "module behind backslashes": {"modules.json": [{"path": "..\\x", "type": DENSE}]},
    "module that the digest leaves out": {"modules.json": [{"path": ".hidden", "type": DENSE}]},
    "shards elsewhere": {"model.safetensors.index.json": {
        "weight_map": {"a": "../../x.safetensors"}}},
    "shard that is a pickle": {"model.safetensors.index.json": {"weight_map": {"a": "evil.bin"}}},
    "weights by another name": {"config.json": {"transformers_weights": "evil.bin"}},
    "weights outside": {"config.json": {"transformers_weights": "../x.safetensors"}},
    "weights that timm is told of": {"config.json": {"pretrained_cfg": {"file": "/tmp/evil.pth"}}},
    "weights that timm takes from the hub": {
        "config.json": {"pretrained_cfg": {"hf_hub_filename": "evil.bin"}}
    },
    "model that timm is told of": {"config.json": {"architecture": "hf-hub:org/evil"}},
    "backbone of another checkpoint": {
        "config.json": {"backbone": "org/x", "use_pretrained_backbone": True}
    },
    "arguments of its own loading": {
        "sentence_bert_config.json": {"model_args": {"use_safetensors": False}}
    },
    "another checkpoint altogether": {
        "sentence_bert_config.json": {"tokenizer_args": {"subfolder": "../other"}}
    },
    "arguments of a backbone": {
        "config.json": {"backbone_kwargs": {"checkpoint_path": "/tmp/evil.pth"}}
    },
    "text tower of open_clip elsewhere": {
        "open_clip_config.json": {"model_cfg": {"text_cfg": {"hf_model_name": "../evil"}}}
    },
    "LoRA below a module": {"2_Dense/adapter_config.json": {"base_model_name_or_path": "org/x"}},
    "LoRA of another base": {"adapter_config.json": {"base_model_name_or_path": "org/x"}},
    "words elsewhere": {"tokenizer_config.json": {"vocab": "/tmp/x/vocab.txt"}},
    "words beside the caller": {"tokenizer_config.json": {"vocab": "vocab.txt"}},
    "merges elsewhere": {"tokenizer_config.json": {"merges": "../merges.txt"}},
    "a tokenizer elsewhere": {
        "tokenizer_config.json": {"fast_tokenizer_files": ["../tokenizer.4.0.0.json"]}
    },
    "a billion labels": {"config.json": {"num_labels": 10**9}},
    "a million layers": {"config.json": {"text_config": {"num_hidden_layers": 10**6}}},
    "positions squared": {
        "config.json": {"model_type": "gpt_neo", "max_position_embeddings": 10**6}
    },
    "positions squared, further in": {
        "config.json": {"a": {"n_positions": 30_000}, "b": {"model_type": "codegen"}}
    },
    "nested too deep": {"config.json": b"[" * 100_000},
    "no JSON": {"config.json": b"{'auto_map': 1}"},
    "JSON in UTF-16": {"config.json": '{"auto_map": {"a": "evilmod.Evil"}}'.encode("utf-16")},
}  # fmt: skip
"""Other files than the ones that were looked at: refused, whoever is trusted."""

PICKLES: dict[str, tuple[str, ...]] = {
    "alone": ("pytorch_model.bin",),
    "of another ending": ("model.pt",),
    "in capitals": ("MODEL.PTH",),
    "of a joblib": ("model.joblib",),
    "in parts": ("pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin"),
    "beside safetensors that nothing reads": ("pytorch_model.bin", "decoy.safetensors"),
    "of timm": ("model.pth", "config.yaml"),
    "of open_clip": ("open_clip_pytorch_model.bin",),
}
"""Names of weights, of which the first is a pickle that would be read."""


def write(folder: Path, *layers: Files) -> Path:
    """A folder with the files of all layers; a later one takes the place of an earlier one's."""
    for name, content in {k: v for layer in layers for k, v in layer.items()}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(raw)
    return folder


class Harmful:
    """Pickled, it writes a file when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (Path.write_text, (self.mark, "ran"))
