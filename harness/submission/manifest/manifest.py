"""``submission.toml``: who submits what, under which licence, and how to make it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo

from harness.errors import InvalidError
from harness.records.bars import CONTROLS
from harness.records.base import Strict
from harness.submission.manifest.options import options_shape_fault, options_text_fault
from harness.submission.untrusted.plain_files import read_plain
from harness.submission.untrusted.slugs import (
    SLUG_RULE,
    is_slug,
    is_system,
    text_fault,
    url_fault,
)
from harness.submission.untrusted.unseen import has_sign
from harness.tasks.reading.toml_text import load_toml

SCHEMA_VERSION = 1
LARGEST_MANIFEST = 64 * 1024
LINK_KINDS = ("code", "paper", "weights", "home")
FORCED = "forced"
"""Key of the validation context under which texts and links are taken as they are."""


def _refused(fault: Callable[[Any], str | None], *, forcible: bool = False) -> AfterValidator:
    """A validator that refuses a value with what ``fault`` says of it."""

    def check(value: Any, info: ValidationInfo) -> Any:
        said = None if forcible and (info.context or {}).get(FORCED) else fault(value)
        if said:
            raise ValueError(said)
        return value

    return AfterValidator(check)


def _slug_fault(value: str) -> str | None:
    return None if is_slug(value) else f"no name for a folder ({SLUG_RULE})"


def _id_fault(value: str) -> str | None:
    system, _, revision = value.partition("/")
    return (
        None if is_system(system) and is_slug(revision) else "not of the form ORG__MODEL/REVISION"
    )


def _day_fault(value: str) -> str | None:
    try:
        known = date.fromisoformat(value).isoformat() == value
    except ValueError:
        known = False
    return None if known else "not a day of the calendar as YYYY-MM-DD"


def _control_fault(value: str) -> str | None:
    return None if value in CONTROLS else f"none of {', '.join(CONTROLS)}"


def _text(
    most: int, *, least: int = 1, lines: bool = False, called: bool = False
) -> AfterValidator:
    def fault(value: str) -> str | None:
        if len(value.strip()) < least:
            return "empty"
        if called and not has_sign(value):
            return "holds no letter and no digit"
        return text_fault(value, most=most, lines=lines)

    return _refused(fault, forcible=True)


Slug = Annotated[str, _refused(_slug_fault)]
SystemId = Annotated[str, _refused(_id_fault)]
Day = Annotated[str, _refused(_day_fault)]
Url = Annotated[str, _refused(url_fault, forcible=True)]
Line = Annotated[str, _text(200)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Options = Annotated[
    dict[str, Any],
    _refused(options_shape_fault),
    _refused(options_text_fault, forcible=True),
]


class RunAgain(Strict):
    """One task of a submission, and how its predictions were made."""

    task: Line = Field(description="Task id.")
    adapter: Line = Field(description="Adapter that loaded the model.")
    checkpoint: Annotated[str, _text(200, least=0)] = Field(
        description="What the adapter was given."
    )
    options: Options = Field(description="Adapter options with their resolved values.")
    command: Annotated[str, _text(2000)] = Field(
        description="The command that makes the predictions again; several are joined by `&&`."
    )


class LargerEvidence(Strict):
    """A file too large for the repository."""

    task: Line = Field(description="Task id that the file belongs to.")
    table: Annotated[str, _text(80, least=0)] = Field(
        "", description="Which of its tables; empty for the predictions."
    )
    url: Url = Field(description="Where it can be had.")
    sha256: Sha256 = Field(description="Its sha256.")
    bytes: int = Field(ge=1, le=1 << 40, description="Its size.")


class Manifest(Strict):
    """The whole of ``submission.toml``."""

    schema_version: int = Field(ge=1, le=SCHEMA_VERSION, description="Version of this schema.")
    org: Slug = Field(description="Organisation, as in the folder's name.")
    model: Slug = Field(description="Model, as in the folder's name.")
    revision: Slug = Field(description="Revision, as in the folder's name.")
    name: Annotated[str, _text(80, called=True)] = Field(description="Name on the pages.")
    description: Annotated[str, _text(500, least=0, lines=True)] = Field(
        "", description="A sentence or two."
    )
    licence: Annotated[str, _text(80)] = Field(
        description="Licence of the weights or the code, as an SPDX id, or `proprietary`."
    )
    contact: Line = Field(description="Who answers questions: a name, an address or a page.")
    date: Day = Field(description="Day of submission, YYYY-MM-DD.")
    parameters: int | None = Field(
        None, ge=0, le=10**15, description="Number of parameters, when known."
    )
    predecessor: SystemId | None = Field(
        None, description="`ORG__MODEL/REVISION` that this one updates."
    )
    trained_on: list[Line] = Field(
        description="Ids of tasks whose test data the model may have seen; `[]` when none."
    )
    control: Annotated[str, _refused(_control_fault)] | None = Field(
        None,
        description="For a control row, which has no rank: random, constant, length, order, "
        "blind, oracle or human.",
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


def read_manifest(path: Path, *, forced: bool = False) -> Manifest:
    """Read ``submission.toml``; ``forced`` takes texts and links as they are.

    Raises :class:`InvalidError` with one part for each fault, at most ten.
    """
    data = read_plain(path, most=LARGEST_MANIFEST)
    try:
        values = load_toml(data, most=LARGEST_MANIFEST)
    except ValueError as error:
        raise InvalidError(f"{path}: cannot be read as TOML ({error})") from error
    return parse_manifest(values, where=str(path), forced=forced)


def parse_manifest(data: Mapping[str, Any], *, where: str, forced: bool = False) -> Manifest:
    """Like :func:`read_manifest` on what TOML gave."""
    try:
        manifest = Manifest.model_validate(data, context={FORCED: forced})
    except ValidationError as error:
        raise InvalidError(f"{where}: " + "; ".join(faults_of(error))) from error
    faults = [] if forced else list(_between_fields(manifest))
    if faults:
        raise InvalidError(f"{where}: " + "; ".join(faults[:10]))
    return manifest


def _between_fields(manifest: Manifest) -> list[str]:
    found = [
        f"links: {kind[:40]!r} is none of {', '.join(LINK_KINDS)}"
        for kind in sorted(set(manifest.links) - set(LINK_KINDS))
    ]
    for name, tasks in (
        ("runs", [run.task for run in manifest.runs]),
        ("trained_on", manifest.trained_on),
        ("larger", [f"{file.task} {file.table}".strip() for file in manifest.larger]),
    ):
        twice = sorted(task for task, count in Counter(tasks).items() if count > 1)
        found += [f"{name}: {task} stands twice" for task in twice]
    return found


def faults_of(error: ValidationError) -> list[str]:
    """``field: what is wrong`` for the first ten faults; values are not repeated."""
    found = []
    for fault in error.errors(include_url=False, include_input=False)[:10]:
        place = ".".join(str(part) for part in fault["loc"])[:120]
        found.append(f"{place}: {fault['msg'].removeprefix('Value error, ')}")
    return found
