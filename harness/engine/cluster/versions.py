"""Whether a worker has the software that the process that asks has: numbers depend on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import UsageError

NAMED = 4
"""Differences that a message names."""


def check_versions(here: Mapping[str, Any], there: Mapping[str, Any], host: str) -> None:
    """Raise :class:`UsageError` where two environments differ in what can move a number.

    Both are as :func:`harness.environment.describe_environment` gives them; of a worker without
    MarginBench only Python and platform are known.
    """
    ours, theirs = _flat(here), _flat(there)
    names = [name for name in ours | theirs if ours.get(name) != theirs.get(name)]
    for name in ("commit",):  # of a checkout; an installed copy has none
        if name in names and not (ours.get(name) and theirs.get(name)):
            names.remove(name)
    if not names:
        return
    shown = names[:NAMED]
    more = f" (and {len(names) - len(shown)} more)" if len(names) > len(shown) else ""
    raise UsageError(
        f"a worker on {host} has {_told(shown, theirs)}; this process has "
        f"{_told(shown, ours)}{more}",
        fix="Install the same versions on every node",
    )


def _flat(environment: Mapping[str, Any]) -> dict[str, str]:
    commit = (environment.get("git") or {}).get("commit")
    named = {key: environment.get(key) for key in ("marginbench", "python", "platform")}
    named |= {"commit": commit, **environment.get("packages", {})}
    return {name: str(value) for name, value in named.items() if value}


def _told(names: list[str], versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {versions[name]}" if name in versions else f"no {name}"
                     for name in names)  # fmt: skip
