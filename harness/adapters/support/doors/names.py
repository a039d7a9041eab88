"""What the JSON files of a checkpoint may name: no code but that of the libraries that read them.

Each rule is one that some version of a library broke, or could. They are told here and not left to
the library, so that no version that is installed decides what a stranger's file may run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.adapters.support.checkpoints import counts
from harness.adapters.support.doors.amounts import NOTHING, Held, too_many, too_wide
from harness.adapters.support.doors.auto_map import librarys_own
from harness.errors import UsageError

MOST_BYTES = 20_000_000
"""A configuration is thousands of bytes; what is larger is not looked through, so not accepted."""

DATA = ("tokenizer.json", "vocab.json", "added_tokens.json")
"""Files of words, which are large and name no code: what reads them looks nothing up by name."""

MODULES = frozenset((
    "Asym", "BoW", "CLIPModel", "CNN", "CSR", "CSRSparsity", "Dense", "Dropout",
    "HierarchicalTokenPooling", "IDF", "LSTM", "LambdaTokenPooling", "LayerNorm",
    "LogitScore", "MLMTransformer", "MultiVectorMask", "Normalize", "PhraseTokenizer",
    "Pooling", "Router", "SparseAutoEncoder", "SparseStaticEmbedding", "SpladePooling",
    "StaticEmbedding", "Transformer", "TransformersTokenizerWrapper", "WKPooling",
    "WeightedLayerPooling", "WhitespaceTokenizer", "WordEmbeddings", "WordWeights",
))  # fmt: skip
"""Classes of sentence-transformers, of any version, that a checkpoint is made of.

The name of the package alone would not do: ``sentence_transformers.util.torch`` is in it too.
"""

_MODULE = re.compile(r"(?:sentence_transformers|pylate)(?:\.[A-Za-z]\w*)*\.(\w+)", re.ASCII)
ACTIVATIONS = frozenset((
    "CELU", "ELU", "GELU", "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity",
    "LeakyReLU", "LogSigmoid", "LogSoftmax", "Mish", "PReLU", "ReLU", "ReLU6", "SELU", "SiLU",
    "Sigmoid", "Softmax", "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh",
    "Tanhshrink",
))  # fmt: skip
"""Classes of torch.nn that a checkpoint may name: functions of what comes in, made of nothing.

``torch.nn.Module`` computes nothing, and most others are made of sizes that a name does not tell.
"""

_LAYER = re.compile(r"torch\.nn\.(?:modules\.(?:activation|linear)\.)?(\w+)", re.ASCII)
_DTYPE = re.compile(r"torch\.[a-z]+\d*(?:_\w+)?", re.ASCII)
_TENSORS = re.compile(r"\w[\w.-]*\.safetensors(?:\.index\.json)?", re.ASCII)

_NAMING = re.compile(
    r".*(?:class|cls|fn|func|function|types?|target|module|library|import|callable|factory)_?"
)
"""Keys whose values some library looks up, or imports, by name."""

_DOTTED = re.compile(r"[^\W\d]\s*(?:\.|::?|--)\s*\w")

_CODE = ("auto_map", "custom_pipelines", "custom_generate", "code_revision", "trust_remote_code",
         "use_kernels", "kernel_config")  # fmt: skip
"""Keys that call for code of the checkpoint's own, or of a repository that they name."""

_KERNEL = re.compile(r"_?\w*_implementation(?:_internal)?")
"""Keys by which attention is chosen; ``org/name`` there is a repository of compiled code."""

_COMPILES = frozenset(("flex_attention",))
"""Kernels that are compiled here as they are first used, for minutes on a processor."""

_METHOD = re.compile(r"_.*|(?:save|push|load|from|train|register|set)_\w*")
"""Names of methods of a network that compute nothing of a text."""

_GROUP = re.compile(r"\w*(?:args|kwargs)")
_ELSEWHERE = ("pretrained_model_name_or_path", "model_name_or_path", "config", "subfolder",
              "variant", "gguf_file", "cache_dir", "revision", "adapter_kwargs", "state_dict",
              "use_safetensors", "weights_only", "checkpoint_path", "pickle_module")  # fmt: skip
"""Arguments by which a library, told by a file, would read other files than the ones looked at."""

_LENGTHS = ("model_max_length", "max_seq_length")
"""Keys that say where a text is cut."""

MOST_READ = 1 << 16
"""Tokens of a query or document of late interaction, to which shorter queries are filled."""

_AMOUNTS = {"num_labels": 10**5, **dict.fromkeys(
    ("num_hidden_layers", "num_layers", "n_layer", "n_layers", "encoder_layers", "decoder_layers",
     "num_decoder_layers", "attention_types"), 10**4),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts",
     "conv_kernel", "conv_kernel_size", "d_conv", "state_size", "n_positions"), 10**5),
    **dict.fromkeys(("vocab_size", "hidden_size", "intermediate_size", "type_vocab_size",
     "d_model", "d_ff", "n_embd", "embedding_size", "hidden_dim", "head_dim", "in_features",
     "out_features", "num_attention_heads", "num_key_value_heads"), 10**8),
    **dict.fromkeys(("query_maxlen", "doc_maxlen", "query_length", "document_length"),
                    MOST_READ)}  # fmt: skip
"""Numbers of things that are made one by one, whatever weights there are, and the most of them."""


_SQUARED = ("gpt_neo", "gpt_bigcode", "gptj", "codegen", "imagegpt", "openai-gpt", "clvp_decoder")
"""Kinds of model that make a table of all positions by all positions, which no weights hold."""

_POSITIONS, MOST_SQUARED = ("max_position_embeddings", "n_positions"), 20_000

MOST_PROMPT = 10**5
"""Characters of a prompt, which is cut into tokens with every text: more than any model reads."""

MOST_LABELS = 10**5
"""Names of classes: five times those of ImageNet-21k. Each is made one by one, and sorted."""

_TOKENIZER = re.compile(
    r"(?!Rag)\w*(?:Tokenizer|TokenizerFast|TokenizersBackend|Backend)", re.ASCII
)
"""Names of classes that cut texts. transformers takes any class that it has; RagTokenizer, of two
tokenizers, cuts none by itself."""


class Pairs(list[tuple[str, Any]]):
    """A JSON object with all its pairs: readers differ in which of two with one key counts."""


def read_pairs(path: Path) -> Any:
    """A JSON file, its objects as :class:`Pairs`. Raises :class:`UsageError` for any other file."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"larger than {MOST_BYTES:,} bytes")
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=Pairs)
    except (OSError, ValueError, RecursionError) as error:
        said = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise UsageError(
            f"{path} cannot be loaded: {said}", fix="Mend it, or take it out of the folder"
        ) from None


def check_names(path: Path, *, trusted: bool, code: bool = True, there: Held = NOTHING) -> None:
    """Raise :class:`UsageError` for a JSON file that names code, or files elsewhere.

    ``trusted`` lets code pass, which is then the user's own choice; nothing else. ``code`` is
    whether the checkpoint holds any: without it, classes of transformers may be named. ``there``
    are the weights that the file is to be of, so far as they are known.
    """
    listing = path.name == "modules.json"  # whose types are imported, whatever they look like
    pairs = list(_pairs(read_pairs(path)))
    _check_squares(path, pairs)
    if what := too_wide(path.name, pairs, there):
        raise UsageError(f"{path} {what}", fix="Take that out of the file")
    for key, value, group in pairs:
        what = _elsewhere(key, value, group) or too_many(path.name, key, value, there)
        if what:
            raise UsageError(f"{path} {what}", fix="Take that out of the file")
        free = trusted or (key == "auto_map" and not code and librarys_own(value))
        what = "" if free else _code(key, value, strict=listing and key == "type")
        if what:
            raise UsageError(
                f"{path} {what}",
                fix="Take that out of the file where the model does without it; or, if you trust "
                "its code: --option trust_remote_code=true",
            )


def _check_squares(path: Path, pairs: Sequence[tuple[str, Any, str]]) -> None:
    kinds = {value for key, value, _ in pairs if key == "model_type" and isinstance(value, str)}
    named = [most for key, value, _ in pairs if key in _POSITIONS for most in _whole(value)]
    if kinds.intersection(_SQUARED) and max(named, default=0) > MOST_SQUARED:
        raise UsageError(
            f"{path} asks for a table of {max(named)!r:.40} positions by as many",
            fix=f"Give the number that the model was trained with, {MOST_SQUARED:,} at most",
        )


def _pairs(value: Any, group: str = "") -> Iterator[tuple[str, Any, str]]:
    """Every (key, value) of a JSON value, however deep, with the key of the object it stands in."""
    waiting: list[tuple[str, Any]] = [(group, value)]
    while waiting:
        above, node = waiting.pop()
        if isinstance(node, Pairs):
            for key, child in node:
                yield key, child, above
                waiting.append((key, child))
        elif isinstance(node, list):
            waiting.extend((above, child) for child in node)


def _texts(value: Any) -> Iterator[str]:
    """The texts that a value is or holds directly, as a list or as the values of an object."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Pairs):
        for _, child in value:
            yield from _texts(child) if not isinstance(child, Pairs) else ()
    elif isinstance(value, list):
        for child in value:
            if isinstance(child, str):
                yield child


def _code(key: str, value: Any, *, strict: bool) -> str:
    """What code a pair asks for, in words behind the file's name; empty where none."""
    if key in _CODE:
        return f"needs code of its own to be run ({key})" if value else ""
    if _KERNEL.fullmatch(key):
        for text in _texts(value):
            if not text.replace("_", "a").isalnum() or text in _COMPILES:
                return f"needs compiled code to be run ({key} = {text!r:.80})"
        return ""
    if key == "method" and isinstance(value, str) and _METHOD.fullmatch(value):
        return f"names what is called with every text ({key} = {value!r:.80})"
    if key == "tokenizer_class" and value is not None and not _cuts(value):
        return f"names no tokenizer of texts ({key} = {value!r:.80})"
    if not _NAMING.fullmatch(key):
        return ""
    if strict and not isinstance(value, str):
        return f"names no module ({key} = {value!r:.80})"
    for text in _texts(value):
        if (strict or _DOTTED.search(text)) and not allowed(text):
            return f"names code ({key} = {text!r:.80})"
    return ""


def _cuts(value: Any) -> bool:
    """A dotted name is looked at as every other one."""
    return isinstance(value, str) and bool(_TOKENIZER.fullmatch(value) or _DOTTED.search(value))


def allowed(name: str) -> bool:
    """Whether a dotted name is that of a part a checkpoint may be made of."""
    module = _MODULE.fullmatch(name)
    if module:
        return module[1] in MODULES
    layer = _LAYER.fullmatch(name)
    if layer:
        return layer[1] in ACTIVATIONS
    return bool(_DTYPE.fullmatch(name))


def _elsewhere(key: str, value: Any, group: str) -> str:
    """What other file a pair leads to, in words behind the file's name; empty where none.

    ``vocab_file`` and its like are no such pairs: tokenizers are saved with places of their maker
    in them, and transformers reads none of these since 5.0. A ``vocab`` that is a text it opens.
    """
    if group == "prompts" and isinstance(value, str) and len(value) > MOST_PROMPT:
        return f"puts {len(value):,} characters before every text ({key}), {MOST_PROMPT:,} at most"
    if key == "enable_sampling" and value:
        return "draws by chance how words are cut (enable_sampling)"
    if key == "transformers_weights" and value and not _tensors(value):
        return f"names weights that are no safetensors beside it ({value!r:.80})"
    if key in _LENGTHS and not _length(value):
        return f"says no number of tokens ({key} = {value!r:.40})"
    if key in _AMOUNTS and any(number > _AMOUNTS[key] for number in _whole(value)):
        return f"asks for more than memory holds ({key} = {value!r:.40})"
    if group == "query_expansion" and key == "length" and max(_whole(value), default=0) > MOST_READ:
        return f"asks for more than memory holds ({group}.{key} = {value!r:.40})"
    if key in ("id2label", "label2id") and isinstance(value, list) and len(value) > MOST_LABELS:
        return f"names {len(value):,} classes ({key}), more than {MOST_LABELS:,}"
    if key == "hf_hub_filename" and value and not _tensors(value):
        return f"names weights that are no safetensors ({value!r:.80})"
    if key in ("file", "state_dict") and group == "pretrained_cfg" and value:
        return f"names weights elsewhere (pretrained_cfg.{key})"
    if key == "architecture" and isinstance(value, str) and re.search(r"[:/\\]", value):
        return f"names a model elsewhere (architecture = {value!r:.80})"
    if key == "use_pretrained_backbone" and value:
        return "asks for weights of another checkpoint (use_pretrained_backbone)"
    if key in ("hf_model_name", "hf_tokenizer_name") and _is_path(value):
        return f"names files elsewhere ({key} = {value!r:.80})"
    if key in ("vocab", "merges") and isinstance(value, str) and re.search(r"[./\\]", value):
        return f"names words elsewhere ({key} = {value!r:.80})"
    if key == "fast_tokenizer_files" and any(map(_is_path, _texts(value))):
        return f"names words elsewhere ({key} = {value!r:.80})"
    if _GROUP.fullmatch(group) and key in _ELSEWHERE:
        return f"tells how it is to be loaded ({group}.{key})"
    return ""


def _length(value: Any) -> bool:
    """Whether a value is a number of tokens; what transformers writes for no limit is 1e30."""
    if value is None:
        return True
    return type(value) in (int, float) and value >= 1 and value % 1 == 0


def _whole(value: Any) -> Iterator[int]:
    """The whole numbers that a value is, or that stand in its lists."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list) and not isinstance(one, Pairs):
            waiting.extend(one)
        elif type(one) is int:
            yield one


def _is_path(value: Any) -> bool:
    text = value if isinstance(value, str) else "."
    return text.startswith((".", "/", "~")) or ".." in text or "\\" in text or ":" in text


def _tensors(value: Any) -> bool:
    return isinstance(value, str) and bool(_TENSORS.fullmatch(value)) and counts(value)


def check_index(path: Path) -> None:
    """Raise :class:`UsageError` for an index of safetensors that names any other file."""
    for key, value, _ in _pairs(read_pairs(path)):
        if key != "weight_map":
            continue
        for name in _texts(value):
            if not _tensors(name):
                raise UsageError(
                    f"{path} names a file that is no safetensors beside it ({name!r:.80})",
                    fix="Save the weights anew: model.save_pretrained(FOLDER)",
                )


def module_folders(folder: Path) -> list[str]:
    """The folders that a checkpoint's modules lie in, by its ``modules.json``, relative to it.

    Raises :class:`UsageError` for one that leads out of the folder, or to a hidden one, which the
    checkpoint's digest would leave out.
    """
    path = folder / "modules.json"
    if not path.is_file():
        return []
    found = []
    for key, value, _ in _pairs(read_pairs(path)):
        if key != "path":
            continue
        parts = value.replace("\\", "/").split("/") if isinstance(value, str) else [".."]
        plain = value in ("", ".") or all(part and part[0] != "." for part in parts)
        if not plain or ":" in str(value) or "__pycache__" in parts:
            raise UsageError(
                f"{path} names a module outside of the folder ({value!r:.80})",
                fix="Put it inside, and name it by its folder",
            )
        if value not in ("", "."):
            found.append(value)
    return found
