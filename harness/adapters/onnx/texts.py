"""The model behind ``onnx-embedder``: tokenise, run the graph, pool, normalise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.onnx.chance import check_chance
from harness.adapters.onnx.files import POOLINGS, Files
from harness.adapters.onnx.outside import check_outside
from harness.adapters.onnx.running import run_graph
from harness.adapters.support.one_way import cut_one_way
from harness.capabilities import Floats, TextKind
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.strict_json import Json


class OnnxEmbedder:
    """Embeds texts with onnxruntime. ``resolved`` holds the settings in force.

    The token ids of the last :meth:`count_tokens` call are kept, so that the batches made from
    its answer are not tokenised again.
    """

    def __init__(self, files: Files, *, device: str, options: Mapping[str, Any]) -> None:
        self._session = open_session(files.model, device, options["threads"])
        self._tokenizer = _open_tokenizer(files.tokenizer)
        cut_one_way(self._tokenizer)
        max_length = options["max_length"] or files.max_length
        special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        if max_length <= special:  # with less room than these need nothing is cut at all
            raise UsageError(
                f"max_length {max_length} leaves no room for a text beside {special} special tokens"
            )
        self._tokenizer.enable_truncation(max_length)
        self._pad_id = _pad_id(self._tokenizer)
        self._tokenizer.no_padding()
        self._inputs = _known_inputs(self._session, files.model)
        pooling = options["pooling"] or files.pooling
        if pooling not in POOLINGS:
            raise UsageError(f"unknown pooling {pooling!r}", fix=did_you_mean(pooling, POOLINGS))
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
        try:
            encodings = self._tokenizer.encode_batch_fast(list(texts))
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # of Rust, as for a pattern without end
                raise
            raise InvalidError(f"the checkpoint's tokenizer fails at a text ({error})") from None
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
        output = run_graph(self._session, self._output, feeds, dimensions=(2, 3))
        if output.ndim == 3 and output.shape[:2] != mask.shape:
            raise InvalidError(
                f"the graph's output {self._output} has {output.shape[1]} vectors for "
                f"{mask.shape[1]} tokens"
            )
        vectors: Any = output if output.ndim == 2 else _pool(output, mask, self._pooling)
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


def open_session(path: Path, device: str, threads: int) -> Any:
    """An onnxruntime session. Raises :class:`InvalidError` when the file is no ONNX model."""
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
    check_outside(path)
    check_chance(path)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    # What the library writes by itself holds names of the graph, unescaped; errors come as such.
    settings.log_severity_level = 4
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
