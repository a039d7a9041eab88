"""Prompts as TOML files: presets by name or files of your own, strictly read, part of who asks.

A kind of prompt is a pydantic model; what its fields in braces may be is checked where it is used.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.adapters.base import ModelIdentity
from harness.errors import UsageError
from harness.files import sha256_file
from harness.fingerprint import digest
from harness.tasks.reading.toml_text import load_toml

if TYPE_CHECKING:
    from pydantic import BaseModel

FIELD = re.compile(r"\{(\w+)\}")
MOST_BYTES = 1_000_000

M = TypeVar("M", bound="BaseModel")


def prompt_path(name: str, presets: Path) -> Path:
    """Where the preset or the file of that name lies; :class:`UsageError` where there is none."""
    preset = presets / f"{name}.toml"
    path = preset if re.fullmatch(r"[\w-]+", name) and preset.is_file() else Path(name).expanduser()
    if not path.is_file():
        known = ", ".join(sorted(preset.stem for preset in presets.glob("*.toml")))
        raise UsageError(f"there is no prompt {name!r}", fix=f"Give a file, or one of {known}")
    return path


def prompt_sha256(name: str, presets: Path) -> str:
    """The sha256 of the preset or the file of that name; see :func:`prompt_path`."""
    return sha256_file(prompt_path(name, presets))


def read_file(name: str, presets: Path, kind: type[M]) -> tuple[Path, M]:
    """A prompt file and what it says; :class:`UsageError` for one that is not there or no such."""
    from pydantic import ValidationError

    path = prompt_path(name, presets)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
        return path, kind.model_validate(load_toml(path.read_bytes(), most=MOST_BYTES))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path} is not a prompt: {where}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is not a prompt: {error}") from error


def gap_behind(start: str) -> str:
    """What stands between the start of an answer and its word: a space behind a word."""
    return " " if start and not start.endswith((" ", "[", "(", '"', "\n")) else ""


def with_prompt(found: ModelIdentity, sha256: str, *, name: str = "prompt_sha256") -> ModelIdentity:
    """A model that is asked by a prompt, of which the file is a part; empty where there is none."""
    details = {**found.details, **({name: sha256} if sha256 else {})}
    return replace(found, digest=digest([found.digest, sha256]), details=details)
