"""What torch adapters share: dtype, loading arguments, limits, readable load errors."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.adapters.base import Adapter, Loader, ModelIdentity, Option
from harness.adapters.support.checkpoints import Checkpoint, resolve
from harness.adapters.support.doors.check import check_doors
from harness.adapters.support.doors.weights import ALLOW_PICKLE, restricted_pickles
from harness.adapters.support.scribe import watch
from harness.errors import InvalidError, MarginBenchError, UsageError, first_ids
from harness.memory import is_out_of_memory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DTYPES = ("float32", "bfloat16", "float16")

Row: TypeAlias = "Sequence[int] | NDArray[np.integer[Any]]"
"""Numbers of the tokens of one text."""

UNLIMITED = 1_000_000
"""Tokenizers without a limit declare absurdly large ones; from here on they count as none."""

HUB_OPTIONS: Mapping[str, Option] = {
    "revision": Option(str, "", "commit, branch or tag of a hub checkpoint"),
    "trust_remote_code": Option(bool, False, "run code that comes with the checkpoint"),
    "allow_pickle": ALLOW_PICKLE,
}


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Identity of a transformers checkpoint, as :func:`resolve` finds it."""
    found = resolve(checkpoint, revision=options.get("revision", ""))
    if found.path is not None:  # of the hub the commit is known, and nothing was had yet
        check_doors(found, options)
    return ModelIdentity(found.name, found.digest(), revision=found.revision)


def hub_adapter(
    name: str,
    summary: str,
    *capabilities: str,
    identify: Callable[[str, Mapping[str, Any]], ModelIdentity] = identify,
    load: Loader,
    options: Mapping[str, Option],
    packages: tuple[str, ...] = ("torch", "transformers"),
    extra: str = "torch",
) -> Adapter:
    """An adapter of checkpoints that lie in a folder or on the hub and run in torch."""
    return Adapter(
        name=name,
        summary=summary,
        checkpoint="NAME_OR_PATH",
        capabilities=lambda checkpoint: frozenset(capabilities),
        identify=identify,
        load=load,
        options=options,
        packages=packages,
        extra=extra,
        dtypes=DTYPES,
        half=True,
    )


def torch_dtype(name: str) -> Any:
    """The torch dtype of that name."""
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]


def dtype_argument(dtype: str) -> dict[str, Any]:
    """The argument of ``from_pretrained`` that fixes the dtype; its name changed in 4.56."""
    import transformers

    major, minor = (int(part) for part in transformers.__version__.split(".")[:2])
    return {"dtype" if (major, minor) >= (4, 56) else "torch_dtype": torch_dtype(dtype)}


def check_device(device: str) -> None:
    """Raise :class:`UsageError` when a CUDA device is asked for and torch sees none."""
    import torch

    if device.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError(f"torch {torch.__version__} sees no CUDA device", fix="Use --device cpu")


@contextmanager
def quietly() -> Iterator[None]:
    """Without the bars and tables of transformers, which would break into ours.

    What they tell of missing weights is an error of ours (:func:`check_whole`).
    """
    if "transformers" not in sys.modules:
        yield
        return
    from transformers.utils import logging as said

    verbosity, bars = said.get_verbosity(), said.is_progress_bar_enabled()
    said.set_verbosity_error()
    said.disable_progress_bar()
    try:
        yield
    finally:
        said.set_verbosity(verbosity)
        if bars:
            said.enable_progress_bar()


@contextmanager
def load_errors(checkpoint: Checkpoint) -> Iterator[None]:
    """Turn what goes wrong inside ``from_pretrained`` into one line; nothing else is printed.

    What is loaded has its chat templates written apart from then on (:mod:`.scribe`).
    """
    try:
        if "transformers" in sys.modules:
            watch()
        with quietly():
            yield
    except MarginBenchError:
        raise
    except BaseException as error:  # safetensors, pickle and the hub's client share no base class
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":  # of Rust
            raise
        if is_out_of_memory(error):
            raise
        text = " ".join(str(error).split())
        if "trust_remote_code" in text:
            raise UsageError(
                f"{checkpoint.source} needs code of its own to be run",
                fix="If you trust it: --option trust_remote_code=true",
            ) from error
        if "backend tokenizer" in text:  # which is all that transformers says of no vocabulary
            raise UsageError(
                f"{checkpoint.source} holds no vocabulary of its tokenizer",
                fix="Copy it (tokenizer.json, vocab.txt or tokenizer.model) into the folder too",
            ) from error
        if "above report" in text:  # a table of transformers', which nobody sees
            raise UsageError(
                f"{checkpoint.source} cannot be loaded: its weights and its configuration do not "
                "fit together (they are of other shapes, or of another kind)",
                fix="Give the configuration that the weights were saved with",
            ) from error
        raise UsageError(
            f"{checkpoint.source} cannot be loaded: {type(error).__name__}: {_short(text)}"
        ) from error


@contextmanager
def opening(checkpoint: Checkpoint, options: Mapping[str, Any]) -> Iterator[None]:
    """Within, a library may read the checkpoint; what goes wrong in it is one line.

    Raises :class:`UsageError` as :func:`check_doors` does, before anything is read.
    """
    check_doors(checkpoint, options)
    with load_errors(checkpoint), restricted_pickles():
        yield


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:297] + "..."


def check_whole(
    checkpoint: Checkpoint, missing: Iterable[str], *, kind: str, fix: str = ""
) -> None:
    """Raise :class:`InvalidError` where weights are missing, which would be random numbers."""
    names = sorted(missing)
    if names:  # transformers fills them and goes on
        raise InvalidError(
            f"{checkpoint.source} is not a {kind}: it lacks the weights {first_ids(names)}", fix=fix
        )


def check_pads(checkpoint: Checkpoint, tokenizer: Any) -> None:
    """Raise :class:`InvalidError` for a tokenizer that cannot fill rows, or has no words."""
    if tokenizer.pad_token_id is None:
        raise InvalidError(f"{checkpoint.source}: the tokenizer declares no padding token")
    check_words(checkpoint, tokenizer)


def check_words(checkpoint: Checkpoint, tokenizer: Any) -> None:
    """Raise :class:`InvalidError` for a tokenizer that has no words."""
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):  # as transformers makes of no file
        raise InvalidError(
            f"{checkpoint.source}: the tokenizer knows special tokens alone, and no word",
            fix="Copy its vocabulary (tokenizer.json, or vocab.txt) into the folder too",
        )


def max_length(model: Any, tokenizer: Any, wanted: int) -> int:
    """Tokens per text or pair: the option, else the lower limit of tokenizer and model.

    Raises :class:`UsageError` when the option is above that, and when nothing gives a limit.
    """
    limits = [n for n in (positions(model), tokenizer.model_max_length) if n and n < UNLIMITED]
    if wanted < 0 or (wanted and limits and wanted > min(limits)):
        raise UsageError(
            f"max_length {wanted} is outside 1..{min(limits, default=UNLIMITED)}, "
            "the limit of this model"
        )
    if not wanted and not limits:
        raise UsageError(
            "neither model nor tokenizer declares a limit", fix="Give --option max_length=512"
        )
    return int(wanted or min(limits))


def positions(model: Any) -> int | None:
    """Tokens that the model has positions for; ``None`` when its configuration does not say."""
    # Where a configuration is made of several, the one of the text has it.
    declared = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if declared is None or int(declared) < 1:  # XLNet says -1
        return None
    padding = position_padding(model)
    # RoBERTa and its kin start to count positions after the padding index.
    return int(declared) - (0 if padding is None else padding + 1)


def position_padding(model: Any) -> int | None:
    """The id from which a model counts its positions, if it does."""
    embeddings = getattr(getattr(model, "base_model", None), "embeddings", None)
    found = getattr(getattr(embeddings, "position_embeddings", None), "padding_idx", None)
    return None if found is None else int(found)


def pad_rows(
    rows: Sequence[Row], *, value: int, side: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pad rows of token ids to the longest; returns (ids, mask), mask 1 on true tokens."""
    import numpy as np

    lengths = np.array([len(row) for row in rows])
    columns = np.arange(max(int(lengths.max()), 1))
    if side == "left":
        columns = columns[::-1]
    mask = columns < lengths[:, None]
    ids = np.full(mask.shape, value, dtype=np.int64)
    ids[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
    return ids, mask.astype(np.int64)


def padded(rows: Sequence[Row], *, value: int, device: str) -> tuple[Any, Any]:
    """The same as tensors on ``device``, filled on the right."""
    ids, mask = pad_rows(rows, value=value, side="right")
    return on_device(ids, device), on_device(mask, device)


def on_device(array: NDArray[Any], device: str) -> Any:
    """An array as a tensor there.

    To a GPU it goes through pinned memory, on which nobody waits: what is asked of the GPU next
    comes after it.
    """
    import torch

    tensor = torch.from_numpy(array)
    if device.startswith("cuda"):
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def reads_ahead(device: str) -> bool:
    """Whether tokens are made beside the network (:mod:`harness.engine.ahead`): not where it
    computes on the same processor."""
    return device.startswith("cuda")
