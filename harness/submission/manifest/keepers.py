"""Files that maintainers keep beside the submissions: who may add to what, and what is let stand.

``owners.toml`` names for each organisation the accounts that may add to it; ``waivers.toml`` the
findings on a submission that a maintainer has looked at and lets stand. Nobody else changes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from harness.errors import InvalidError, UsageError
from harness.records.base import Strict
from harness.submission.manifest.manifest import Day, Line, Slug, SystemId, faults_of
from harness.submission.untrusted.plain_files import read_plain
from harness.tasks.reading.toml_text import load_toml

OWNERS_FILE, WAIVERS_FILE = "owners.toml", "waivers.toml"
LARGEST = 64 * 1024
WAIVABLE = ("identity-name", "identity-copied")
"""Rules whose findings may be right and still be let stand: somebody has to look."""

_LOGIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\[bot\])?"
_AUTHOR = re.compile(rf"({_LOGIN}):([1-9]\d{{0,18}})")
Login = Annotated[str, Field(pattern=rf"^{_LOGIN}$")]
Account = Annotated[int, Field(ge=1, le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class Author:
    """Who sends a pull request: the account's name, which may change hands, and its number."""

    login: str
    account: int


class _Owner(Strict):
    accounts: dict[Login, Account]


class _Waiver(Strict):
    rules: list[str]
    reason: Line
    date: Day


_OWNERS = TypeAdapter(dict[Slug, _Owner])
_WAIVERS = TypeAdapter(dict[SystemId, _Waiver])


def parse_author(text: str) -> Author:
    """``LOGIN:NUMBER`` as ``--author`` takes it. Raises :class:`UsageError` for anything else."""
    found = _AUTHOR.fullmatch(text)
    if found is None:
        raise UsageError(f"--author {text[:60]!r} is no LOGIN:NUMBER", fix="As in octocat:583231")
    return Author(found[1], int(found[2]))


def read_owners(root: Path) -> dict[str, frozenset[int]]:
    """Organisation -> numbers of the accounts that may add to it; empty without the file.

    Raises :class:`InvalidError` with one part for each fault.
    """
    found = _read(root / OWNERS_FILE, _OWNERS)
    return {org: frozenset(owner.accounts.values()) for org, owner in found.items()}


def read_waivers(root: Path) -> dict[str, frozenset[str]]:
    """Id of a submission -> rules whose findings on it stand; empty without the file.

    Raises :class:`InvalidError` with one part for each fault, also for a rule that is not one of
    :data:`WAIVABLE`: the others are no matter of judgement.
    """
    found = _read(root / WAIVERS_FILE, _WAIVERS)
    for id, waiver in found.items():
        odd = sorted(set(waiver.rules) - set(WAIVABLE))
        if odd:
            said = f"{id}: {odd[0][:40]!r} is none of {', '.join(WAIVABLE)}"
            raise InvalidError(f"{root / WAIVERS_FILE}: {said}")
    return {id: frozenset(waiver.rules) for id, waiver in found.items()}


def _read(path: Path, schema: TypeAdapter[Any]) -> Mapping[str, Any]:
    if not path.exists() and not path.is_symlink():
        return {}
    data = read_plain(path, most=LARGEST)
    try:
        found = load_toml(data, most=LARGEST)
    except ValueError as error:
        raise InvalidError(f"{path}: cannot be read as TOML ({error})") from error
    try:
        entries: Mapping[str, Any] = schema.validate_python(found)
    except ValidationError as error:
        raise InvalidError(f"{path}: " + "; ".join(faults_of(error))) from error
    return entries
