"""``submission.toml``: who submits what, under which licence, and how to make it again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from harness.errors import InvalidError
from harness.record_base import Strict
from harness.submission.slugs import SLUG_RULE, is_slug, text_fault, url_fault

SCHEMA_VERSION = 1
LARGEST_MANIFEST = 64 * 1024
LINK_KINDS = ("code", "paper", "weights", "home")


def _slug(value: str) -> str:
    if not is_slug(value):
        raise ValueError(f"{value[:70]!r} is not a name for a folder ({SLUG_RULE})")
    return value


def _url(value: str) -> str:
    fault = url_fault(value)
    if fault:
        raise ValueError(fault)
    return value


def _text(most: int, *, lines: bool = False) -> AfterValidator:
    def check(value: str) -> str:
        fault = text_fault(value, most=most, lines=lines)
        if fault:
            raise ValueError(fault)
        return value

    return AfterValidator(check)


Slug = Annotated[str, AfterValidator(_slug)]
Url = Annotated[str, AfterValidator(_url)]
Line = Annotated[str, Field(min_length=1), _text(200)]
Command = Annotated[str, Field(min_length=1), _text(2000)]
SystemId = Annotated[
    str,
    Field(pattern=r"^[a-z0-9-]{1,64}__[a-z0-9-]{1,64}/[a-z0-9-]{1,64}$"),
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class RunAgain(Strict):
    """One task of a submission, and how its predictions were made."""

    task: Line = Field(description="Task id.")
    adapter: Line = Field(description="Adapter that loaded the model.")
    checkpoint: Annotated[str, _text(200)] = Field(description="What the adapter was given.")
    options: dict[str, Any] = Field(description="Adapter options with their resolved values.")
    command: Command = Field(description="The command that makes the predictions again.")


class LargerEvidence(Strict):
    """A file too large for the repository."""

    task: Line = Field(description="Task id that the file belongs to.")
    url: Url = Field(description="Where it can be had.")
    sha256: Sha256 = Field(description="Its sha256.")
    bytes: int = Field(ge=1, description="Its size.")


class Manifest(Strict):
    """The whole of ``submission.toml``."""

    schema_version: int = Field(ge=1, le=SCHEMA_VERSION, description="Version of this schema.")
    org: Slug = Field(description="Organisation, as in the folder's name.")
    model: Slug = Field(description="Model, as in the folder's name.")
    revision: Slug = Field(description="Revision, as in the folder's name.")
    name: Annotated[str, Field(min_length=1), _text(80)] = Field(description="Name on the pages.")
    description: Annotated[str, _text(500, lines=True)] = Field(
        "", description="A sentence or two."
    )
    licence: Annotated[str, Field(min_length=1), _text(80)] = Field(
        description="Licence of the weights or the code, as an SPDX id, or `proprietary`."
    )
    contact: Line = Field(description="Who answers questions: a name, an address or a page.")
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] = Field(
        description="Day of submission, YYYY-MM-DD."
    )
    parameters: int | None = Field(None, ge=0, description="Number of parameters, when known.")
    predecessor: SystemId | None = Field(
        None, description="`ORG__MODEL/REVISION` that this one updates."
    )
    trained_on: list[Line] = Field(
        description="Ids of tasks whose test data the model may have seen; `[]` when none."
    )
    links: dict[str, Url] = Field(default_factory=dict, description="code, paper, weights, home.")
    runs: list[RunAgain] = Field(min_length=1, description="One entry for each record.")
    larger: list[LargerEvidence] = Field(default_factory=list, description="Files kept elsewhere.")

    @property
    def system(self) -> str:
        """``ORG__MODEL``."""
        return f"{self.org}__{self.model}"

    @property
    def id(self) -> str:
        """``ORG__MODEL/REVISION``."""
        return f"{self.system}/{self.revision}"


def read_manifest(path: Path) -> Manifest:
    """Read ``submission.toml``.

    Raises :class:`InvalidError` with one line for each fault, at most ten.
    """
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            raise InvalidError(f"{path}: larger than {LARGEST_MANIFEST // 1024} KiB")
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidError(f"{path}: cannot be read as TOML ({error})") from error
    return parse_manifest(data, where=str(path))


def parse_manifest(data: Mapping[str, Any], *, where: str) -> Manifest:
    """Like :func:`read_manifest` on what TOML gave."""
    try:
        manifest = Manifest.model_validate(data)
    except ValidationError as error:
        faults = [f"{_place(e['loc'])}: {_said(e['msg'])}" for e in error.errors()[:10]]
        raise InvalidError(f"{where}: " + "; ".join(faults)) from error
    unknown = sorted(set(manifest.links) - set(LINK_KINDS))
    if unknown:
        raise InvalidError(f"{where}: links: {unknown[0]!r} is none of {', '.join(LINK_KINDS)}")
    return manifest


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc)[:120]


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
