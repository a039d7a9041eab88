"""Published sets: their rows from files, the hub, or where they were published, and their counts.

``--data`` names the files as they were published, one or a folder of them. Without it a set comes
from the hub through ``datasets``, at the pinned commit or, where none is pinned, at the one that
the record then names; or from files of known digest at the address of a commit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import IncompleteError, InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.strict_json import Json
from harness.tasks.cache import refuse_downloads
from harness.tasks.fetching import fetch
from harness.tasks.hub import resolve
from harness.tasks.tables import Row, ending, plain_files, read_table, stem
from suites.clustering import NONE
from suites.preference import verdicts
from suites.preference.composites import TIES
from suites.preference.data import PreferenceData
from suites.preference.folder import apart, refuse_lists, tables_of, with_cluster
from suites.preference.hub import hub_rows
from suites.preference.items import Item, assemble
from suites.preference.likelihoods import answered
from suites.preference.published import BOTH, LIKELIHOOD, ONE, Pin, Remote, pins
from suites.preference.readers import READERS, renamed
from suites.preference.shapes import check_shapes
from suites.preference.verdicts import shown

PART = re.compile(r"-\d+-of-\d+$")
"""How the hub calls a part of a table."""

SHOWN_IN = {ONE: verdicts.ONE, BOTH: verdicts.BOTH}
"""Way to ask for verdicts -> the orders in which a pair is shown."""

Tables = Iterator[tuple[str, Iterator[Row]]]


def load_published(name: str, way: str, request: LoadRequest) -> PreferenceData | ItemData:
    """A published set as the task that asks about it in that way."""
    data = read_published(pins()[name], request)
    if way in (ONE, BOTH):
        return shown(data, SHOWN_IN[way])
    return answered(data) if way == LIKELIHOOD else data


def read_published(pin: Pin, request: LoadRequest) -> PreferenceData:
    """The set's items.

    Raises :class:`InvalidError` where a subset has another number of items than is pinned, unless
    a part was asked for, and :class:`UsageError` for files that are not those of the set.
    """
    refuse_lists(request)
    origin: dict[str, Json] = {}
    found: list[Item] = []
    for table, rows in _tables(pin, request, origin):
        told = request.told.cluster
        kept = [renamed(with_cluster(row, told), pin.columns, n) for n, row in enumerate(rows)]
        if kept:
            items = [_in_subset(pin, item) for item in READERS[pin.reader](kept, pin.signal)]
            found += apart(items, table) if pin.apart else items
    if not found:
        raise InvalidError(f"{pin.id}: there are no items")
    if request.told.cluster.lower() == NONE:
        found = [replace(item, cluster=item.id) for item in found]
    data = assemble(
        found,
        pin.signal,
        where=pin.id,
        # Rankings and votes stand in an order that people saw; the rest the files part themselves.
        ordered=pin.signal != "chosen" or pin.reader == "quads",
        limit=request.limit,
        origin=origin,
        on_error=request.on_error,
    )
    if request.limit is None:
        check_counts(pin, data)
    check_shapes(pin.id, data)
    data = replace(data, ordered=data.ordered and pin.reader != "quads")
    return with_partners(data)


def check_counts(pin: Pin, data: PreferenceData) -> None:
    """Raise :class:`InvalidError` that names the counts which are others than the known ones."""
    counts, there = dict(pin.counts), Counter(data.subsets)
    there[""] = len(data.groups)
    wrong = [f"{count:,} items{of(subset)} expected, {there[subset]:,} found"
             for subset, count in counts.items() if there[subset] != count]  # fmt: skip
    known = {*counts, *pin.more}
    if len(counts) > 1:
        odd = [subset for subset in there if subset not in known and subset]
        wrong += [f"subsets that it does not have: {first_ids(odd)}"] if odd else []
    for what, count in pin.facts:
        found = _count(what, data)
        wrong += [] if found == count else [f"{count:,} {what} expected, {found:,} found"]
    if wrong:
        raise InvalidError(f"this is not {pin.id}: {'; '.join(wrong[:4])}",
                           fix="Give all of its files, or --limit N for a part")  # fmt: skip


def of(subset: str) -> str:
    """Of which subset, in words."""
    return f" of {subset!r}" if subset else ""


def _count(what: str, data: PreferenceData) -> int:
    """Pairs that people told apart, or did not."""
    tied = 0
    untied = 0
    for grades in data.gold.values():
        sizes = Counter(grades.values())
        same = sum(n * (n - 1) // 2 for n in sizes.values())
        tied += same
        untied += len(grades) * (len(grades) - 1) // 2 - same
    return {"pairs told apart": untied, "tied pairs": tied}[what]


def _in_subset(pin: Pin, item: Item) -> Item:
    name = next((one for one in pin.prefixes if item.subset.startswith(one)), item.subset)
    return item if name == item.subset else replace(item, subset=name)


def _tables(pin: Pin, request: LoadRequest, origin: dict[str, Json]) -> Tables:
    if request.data is not None:
        paths = _own(pin, request.data)
        origin["files"] = {path.name: sha256_file(path) for path in paths}
        for path in paths:
            yield PART.sub("", stem(path)), read_table(path, called=request.told.column)
    elif pin.remote:
        refuse_downloads(pin.id)
        origin["files"] = {one.name: one.sha256 for one in pin.remote}
        for one in pin.remote:
            yield Path(one.name).stem, read_table(_fetched(one, pin.id), name=one.name)
    elif pin.hub is not None:
        revision = resolve(pin.hub, pin.id)
        origin |= {"source": pin.hub.repository, "revision": revision}
        rows = hub_rows(pin, revision)
        yield "", islice(rows, request.limit)
    else:
        raise UsageError(f"{pin.id} is read from its own files",
                         fix=f"Add --data with the files of {pin.card.source}")  # fmt: skip


def _fetched(one: Remote, task: str) -> Path:
    try:
        return fetch(one.url, sha256=one.sha256, size=one.size)
    except (IncompleteError, InvalidError) as error:
        raise type(error)(error.message, fix=f"Give {task} its files with --data DIR") from error


def _own(pin: Pin, data: Path) -> Sequence[Path]:
    """The set's tables in a folder, whole or in parts; of a set of the hub for want of them all.

    A folder of sets may hold one called as this set is. Raises :class:`UsageError` where there are
    none.
    """
    if not data.is_dir():
        return tables_of(data)
    name = pin.id.partition("/")[2]
    own = (data / part for part in (name, name.partition("/")[0]))
    data = next((folder for folder in own if folder.is_dir()), data)
    there: dict[str, list[Path]] = {}
    for path in sorted(plain_files(path for path in data.iterdir() if ending(path))):
        there.setdefault(PART.sub("", stem(path)), []).append(path)
    found = [path for name in pin.tables for path in there.get(name, ())]
    if found or pin.hub is not None:
        return found or tables_of(data)
    named = ", ".join(pin.tables)
    raise UsageError(f"{data} holds none of the files of {pin.id}: {named}")


def with_partners(data: PreferenceData) -> PreferenceData:
    """Prompts of ties that belong together (``ref:7``, ``tied:7``) as one cluster."""
    groups = tuple(
        replace(group, cluster=f"{TIES} {group.id.partition(':')[2]}")
        if subset == TIES and ":" in group.id
        else group
        for group, subset in zip(data.groups, data.subsets, strict=True)
    )
    return replace(data, groups=groups)
