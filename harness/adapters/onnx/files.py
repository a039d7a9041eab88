"""The files of an ONNX checkpoint, and what they declare about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.adapters.support.embedded import EMBEDDED, locate
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.files import read_regular
from harness.strict_json import load_plain

DEFAULT_MAX_LENGTH = 256
"""Tokens per text when neither the option nor any file of the checkpoint says."""

POOLINGS = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token"}
_UNLIMITED = 1_000_000  # tokenizers without a limit declare absurdly large ones


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
            f"onnx-embedder: no folder and no embedded model {checkpoint!r}"
            if checkpoint
            else "onnx-embedder: neither a folder nor an embedded model is given",
            fix=did_you_mean(checkpoint, EMBEDDED),
        )
    graph = _first(folder, "model.onnx", "onnx/model.onnx")
    tokenizer = _first(folder, "tokenizer.json")
    return Files(graph, tokenizer, folder, _declared_length(folder), _declared_pooling(folder))


def _first(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise UsageError(f"{folder} holds no {' or '.join(names)}")


def _declared_length(folder: Path) -> int:
    cut = _read(folder / "tokenizer.json").get("truncation")
    declared: tuple[Any, ...] = (
        _read(folder / "sentence_bert_config.json").get("max_seq_length"),
        _read(folder / "tokenizer_config.json").get("model_max_length"),
        cut.get("max_length") if isinstance(cut, dict) else None,
    )
    usable = (n for n in declared if type(n) in (int, float) and 0 < n < _UNLIMITED)
    found = next(usable, DEFAULT_MAX_LENGTH)
    if found != int(found):
        raise UsageError(
            f"{folder} declares {found!r} tokens at most", fix="Declare a whole number"
        )
    return int(found)


def _declared_pooling(folder: Path) -> str:
    declared = _read(folder / "1_Pooling" / "config.json")
    if not declared:
        return "mean"
    modes = [key for key, value in declared.items() if key.startswith("pooling_mode_") and value]
    for pooling, key in POOLINGS.items():
        if modes == [key] or declared.get("pooling_mode") == pooling:  # older and newer form
            return pooling
    modes = modes or [str(declared.get("pooling_mode"))]
    raise UsageError(
        f"{folder}: 1_Pooling asks for {', '.join(modes)}; this adapter has {', '.join(POOLINGS)}",
        fix="Use the bi-encoder adapter",
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data = load_plain(read_regular(path))
    except ValueError as error:
        raise InvalidError(f"{path}: not JSON ({error})") from error
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}") from error
    return data if isinstance(data, dict) else {}
