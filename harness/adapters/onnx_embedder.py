"""``onnx-embedder``: text embeddings from an ONNX graph and a ``tokenizer.json``.

The checkpoint is the name of an embedded model or a folder that holds ``model.onnx`` (or
``onnx/model.onnx``) and ``tokenizer.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.embedded import EMBEDDED, locate
from harness.capabilities import Floats, TextKind
from harness.checkpoints import digest_files, digest_folder
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.nouns import Json

DEFAULT_MAX_LENGTH = 256
"""Tokens per text when neither the option nor any file of the checkpoint says."""

_POOLINGS = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token"}
_UNLIMITED = 1_000_000  # tokenizers without a limit declare absurdly large ones

OPTIONS = {
    "max_length": Option(int, 0, "tokens per text at most; 0: the checkpoint's own limit"),
    "pooling": Option(str, "", "mean or cls; empty: the checkpoint's own, else mean"),
    "normalize": Option(bool, True, "scale embeddings to length 1"),
    "query_prompt": Option(str, "", "text put before every query"),
    "document_prompt": Option(str, "", "text put before every document"),
    "threads": Option(int, 0, "processor threads for one batch; 0: onnxruntime's choice"),
}


@dataclass(frozen=True, slots=True)
class Files:
    """The files of an ONNX checkpoint; ``folder`` is ``None`` for an embedded one."""

    model: Path
    tokenizer: Path
    folder: Path | None
    max_length: int
    pooling: str
    output: str = ""


def find_files(checkpoint: str) -> Files:
    """Locate a checkpoint's files, and what they declare.

    Raises :class:`UsageError` for an unknown name or an incomplete folder, and
    :class:`InvalidError` when an embedded file is not the pinned one.
    """
    if checkpoint in EMBEDDED:
        entry = EMBEDDED[checkpoint]
        model, tokenizer = locate(entry.model), locate(entry.tokenizer)
        return Files(model, tokenizer, None, entry.max_length, "mean", entry.output)
    folder = Path(checkpoint).expanduser()
    if not checkpoint or not folder.is_dir():
        raise UsageError(
            f"onnx-embedder: no folder and no embedded model {checkpoint!r}",
            fix=did_you_mean(checkpoint, EMBEDDED),
        )
    graph = _first(folder, "model.onnx", "onnx/model.onnx")
    tokenizer = _first(folder, "tokenizer.json")
    return Files(graph, tokenizer, folder, _declared_length(folder), _declared_pooling(folder))


class OnnxEmbedder:
    """Embeds texts with onnxruntime. ``resolved`` holds the settings in force.

    The token ids of the last :meth:`count_tokens` call are kept, so that the batches made from
    its answer are not tokenised again.
    """

    def __init__(self, files: Files, *, device: str, options: Mapping[str, Any]) -> None:
        self._session = _open_session(files.model, device, options["threads"])
        self._tokenizer = _open_tokenizer(files.tokenizer)
        max_length = options["max_length"] or files.max_length
        if max_length < 0:
            raise UsageError(f"max_length must be positive, not {max_length}")
        self._tokenizer.enable_truncation(max_length)
        self._pad_id = _pad_id(self._tokenizer)
        self._tokenizer.no_padding()
        self._inputs = _known_inputs(self._session, files.model)
        pooling = options["pooling"] or files.pooling
        if pooling not in _POOLINGS:
            raise UsageError(f"unknown pooling {pooling!r}", fix=did_you_mean(pooling, _POOLINGS))
        self._output = files.output or _choose_output(self._session)
        self._pooling = pooling
        self._normalize = options["normalize"]
        self._prompts = {"query": options["query_prompt"], "document": options["document_prompt"]}
        self._kept: dict[str, NDArray[np.int64]] = {}
        self.resolved: Mapping[str, Json] = {
            "max_length": max_length,
            "pooling": pooling,
            "normalize": self._normalize,
            "query_prompt": self._prompts["query"],
            "document_prompt": self._prompts["document"],
            "output": self._output,
            "provider": self._session.get_providers()[0],
        }

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Token counts after truncation, special tokens included, prompts left out."""
        ids = self._tokenize(texts)
        self._kept = dict(zip(texts, ids, strict=True))
        return [len(row) for row in ids]

    def embed_texts(self, texts: Sequence[str], *, kind: TextKind) -> Floats:
        """Embed one batch: float32 of shape (len(texts), dimension)."""
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        prompt = self._prompts[kind]
        known = [None if prompt else self._kept.get(text) for text in texts]
        missing = [prompt + text for text, ids in zip(texts, known, strict=True) if ids is None]
        fresh = iter(self._tokenize(missing))
        rows = [next(fresh) if ids is None else ids for ids in known]
        return self._forward(rows)

    def _tokenize(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        if not texts:
            return []
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]

    def _forward(self, rows: Sequence[NDArray[np.int64]]) -> Floats:
        lengths = np.array([len(row) for row in rows])
        mask = np.arange(max(int(lengths.max()), 1)) < lengths[:, None]
        ids = np.full(mask.shape, self._pad_id, dtype=np.int64)
        ids[mask] = np.concatenate(rows)
        feeds = {"input_ids": ids}
        if "attention_mask" in self._inputs:
            feeds["attention_mask"] = mask.astype(np.int64)
        if "token_type_ids" in self._inputs:
            feeds["token_type_ids"] = np.zeros_like(ids)
        output = self._session.run([self._output], feeds)[0].astype(np.float32, copy=False)
        vectors = output if output.ndim == 2 else _pool(output, mask, self._pooling)
        if self._normalize:
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            vectors = vectors / np.where(norms > 0, norms, np.float32(1))
        result: Floats = vectors
        return result


def _pool(hidden: Floats, mask: NDArray[np.bool_], pooling: str) -> Floats:
    """Pool (batch, tokens, dimension) over the tokens that ``mask`` marks."""
    if pooling == "cls":
        return hidden[:, 0]
    weights = mask.astype(np.float32)
    sums: Floats = (weights[:, None, :] @ hidden)[:, 0]
    counts: Floats = np.maximum(weights.sum(axis=1, keepdims=True), np.float32(1))
    return sums / counts


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    files = find_files(checkpoint)
    if files.folder is None:
        entry = EMBEDDED[checkpoint]
        parts = {"model.onnx": files.model, "tokenizer.json": files.tokenizer}
        details = {
            "source": entry.source,
            "packages": [entry.model.distribution, entry.tokenizer.distribution],
        }
        return ModelIdentity(checkpoint, digest_files(parts), details=details)
    details = {"graph": files.model.relative_to(files.folder).as_posix()}
    return ModelIdentity(files.folder.resolve().name, digest_folder(files.folder), details=details)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> OnnxEmbedder:
    return OnnxEmbedder(find_files(checkpoint), device=device, options=options)


def _open_session(path: Path, device: str, threads: int) -> Any:
    import onnxruntime

    providers: list[Any] = ["CPUExecutionProvider"]
    if device.startswith("cuda"):
        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise UsageError(
                "the installed onnxruntime has no CUDA provider",
                fix="pip install onnxruntime-gpu, or use --device cpu",
            )
        number = int(device.partition(":")[2] or 0)
        providers.insert(0, ("CUDAExecutionProvider", {"device_id": number}))
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.log_severity_level = 3  # errors only: warnings about the graph help no user
    try:
        return onnxruntime.InferenceSession(str(path), settings, providers=providers)
    except Exception as error:  # onnxruntime's errors have no common base class
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InvalidError(f"{path} cannot be opened as an ONNX model ({first_line})") from error


def _open_tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception
        raise InvalidError(f"{path} cannot be read as a tokenizer ({error})") from error


def _known_inputs(session: Any, path: Path) -> frozenset[str]:
    names = {entry.name for entry in session.get_inputs()}
    unknown = sorted(names - {"input_ids", "attention_mask", "token_type_ids"})
    if unknown or "input_ids" not in names:
        raise InvalidError(
            f"{path} is not a text encoder this adapter can feed: its inputs are "
            f"{', '.join(sorted(names))}, known are input_ids, attention_mask, token_type_ids"
        )
    return frozenset(names)


def _choose_output(session: Any) -> str:
    """A graph's own sentence embedding if it has one, then token states, then the first output."""
    names: list[str] = [entry.name for entry in session.get_outputs()]
    for wanted in ("sentence_embedding", "last_hidden_state", "token_embeddings"):
        if wanted in names:
            return wanted
    return names[0]


def _pad_id(tokenizer: Any) -> int:
    # Graphs that count positions from the padding id need the true one.
    if tokenizer.padding:
        return int(tokenizer.padding["pad_id"])
    found = [tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>", "<|endoftext|>")]
    return next((number for number in found if number is not None), 0)


def _first(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise UsageError(f"{folder} holds no {' or '.join(names)}")


def _declared_length(folder: Path) -> int:
    declared = (
        _read(folder / "sentence_bert_config.json").get("max_seq_length"),
        _read(folder / "tokenizer_config.json").get("model_max_length"),
        (_read(folder / "tokenizer.json").get("truncation") or {}).get("max_length"),
    )
    usable = (int(n) for n in declared if isinstance(n, int | float) and 0 < n < _UNLIMITED)
    return next(usable, DEFAULT_MAX_LENGTH)


def _declared_pooling(folder: Path) -> str:
    declared = _read(folder / "1_Pooling" / "config.json")
    if not declared:
        return "mean"
    modes = [key for key, value in declared.items() if key.startswith("pooling_mode_") and value]
    for pooling, key in _POOLINGS.items():
        if modes == [key] or declared.get("pooling_mode") == pooling:  # older and newer form
            return pooling
    modes = modes or [str(declared.get("pooling_mode"))]
    raise UsageError(
        f"{folder}: 1_Pooling asks for {', '.join(modes)}; this adapter has {', '.join(_POOLINGS)}",
        fix="Use the bi-encoder adapter",
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidError(f"{path}: not JSON ({error})") from error
    return data if isinstance(data, dict) else {}


ADAPTER = Adapter(
    name="onnx-embedder",
    summary="text embeddings from an ONNX graph (embedded: " + ", ".join(EMBEDDED) + ")",
    checkpoint="DIR_OR_NAME",
    capabilities=lambda checkpoint: frozenset({"embed_texts"}),
    identify=_identify,
    load=_load,
    options=OPTIONS,
    packages=("onnxruntime", "tokenizers"),
    extra="quickstart",
)
