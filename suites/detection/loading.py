"""Loading a task: from files under ``--data``, from the hub, or from the package itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import UsageError, first_ids
from harness.records.white_box import GENERATORS
from harness.strict_json import Json
from harness.tasks.hub import read_hub, resolve
from harness.tasks.tables import ENDINGS, read_table, stem, tables_in
from suites.detection.assemble import HUMAN, MACHINE, Entry, assemble
from suites.detection.folder import entries_in, read_own
from suites.detection.layouts import entries_of
from suites.detection.paired_files import paired_files
from suites.detection.paired_files import read_pairs as read_paired
from suites.detection.pins import Part, Pin
from suites.detection.text_files import read_text_files
from suites.families import given, path_slug

_PICKLES = ("*.pkl", "*.pickle")


def load_pinned(pin: Pin, request: LoadRequest) -> ItemData:
    """Load a pinned set from ``--data`` when it is given, else from the hub."""
    if request.data is not None:
        folder = find_folder(pin, request.data)
        entries, origin = _from_folder(pin, folder)
        return assemble(entries, where=str(folder), limit=request.limit, origin=origin)
    if pin.hub is None:
        raise UsageError(
            f"{pin.id} is read from your own copy of {pin.card.url}",
            fix=f"Add --data DIR, where DIR/{pin.folder} is that copy",
        )
    revision = resolve(pin.hub, pin.id)
    rows = (
        entry
        for part in pin.parts
        for entry in entries_of(
            pin.layout,
            read_hub(pin.hub, part.names, revision, pin.id),
            use=part.use,
            prefix=_prefix(pin, part.names[0]),
        )
    )
    origin = {"source": pin.card.source, "revision": revision}
    return assemble(rows, where=pin.id, limit=request.limit, origin=origin)


def load_folder(name: str | None, request: LoadRequest) -> ItemData:
    """Load the user's own texts: ``--data`` itself, or what is called ``name`` in it."""
    fix = "Add --data PATH: a JSONL, CSV or Parquet file with the columns text and label"
    data = given("detection/folder", request, what="texts", fix=fix)
    _require(data)
    return read_own(
        _own(name, data), limit=request.limit, told=request.told, texts=request.contents
    )


def load_embedded(request: LoadRequest) -> ItemData:
    """Load the pairs that come with the project; each pair is a human and a machine text."""
    from suites.detection.embedded.card import CARD
    from suites.detection.embedded.pairs import read_facts, read_pairs

    facts = read_facts()
    model = str(facts["model"])
    entries = (
        Entry(
            text=pair.human if label == HUMAN else pair.machine,
            label=label,
            id=f"{pair.id}/{'human' if label == HUMAN else 'machine'}",
            cluster=pair.cluster,
            domain=pair.domain,
            generator="human" if label == HUMAN else model,
            split=pair.split,
        )
        for pair in read_pairs()
        for label in (HUMAN, MACHINE)
    )
    origin = {"revision": CARD.revision, GENERATORS: {model: str(facts["weights_sha256"])}}
    return assemble(entries, where="detection/embedded", limit=request.limit, origin=origin)


def find_folder(pin: Pin, data: Path) -> Path:
    """``data/<name>`` when it is there, else ``data`` itself when it holds the set's files."""
    _require(data)
    below = data / pin.folder
    for place in (below, data):
        if place.is_dir() and _files(pin, place) is not None:
            return place
    place = below if below.is_dir() else data
    if any(next(place.rglob(pattern), None) for pattern in _PICKLES):
        raise UsageError(
            f"{pin.id}: {place} holds pickles, which can run code when read and are refused",
            fix="Flatten them into texts.jsonl: id, text, label, split, generator, attack, "
            "prompt_id",
        )
    names = [name for part in pin.parts if not part.optional for name in part.names]
    there = first_ids([path.name for path in sorted(place.iterdir())], most=4) or "nothing"
    raise UsageError(
        f"{pin.id} is not in {place}, which holds {there}",
        fix=f"Put a file {' or '.join(names[:3])} ({', '.join(ENDINGS)}) into {below}"
        if names
        else f"Put the set's own folders into {below}",
    )


def _from_folder(pin: Pin, folder: Path) -> tuple[Iterator[Entry], dict[str, Json]]:
    if pin.layout["kind"] == "texts":
        texts = read_text_files(folder, domains=pin.layout["domains"], skip=pin.layout["skip"])
        return texts, {"source": pin.card.source, "texts_sha256": _all_texts(folder, pin)}
    files = _files(pin, folder) or []
    origin: dict[str, Json] = {
        "source": pin.card.source,
        "files": {path.relative_to(folder).as_posix(): _sha256(path) for path, _ in files},
    }
    if pin.layout["kind"] == "pairs":
        return read_paired(pin.layout, folder), origin
    return _tables(pin, folder, files), origin


def _all_texts(folder: Path, pin: Pin) -> str:
    """sha256 over the lines ``sha256, two blanks, path`` of the text files, as sha256sum prints."""
    domains = [folder / name for name in pin.layout["domains"]]
    paths = sorted(path for domain in domains for path in domain.rglob("*.txt"))
    lines = (f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _tables(pin: Pin, folder: Path, files: list[tuple[Path, Part]]) -> Iterator[Entry]:
    for path, part in files:
        name = path.relative_to(folder).as_posix()
        own = name.removesuffix(path.name) + stem(path)
        prefix = _prefix(pin, own if pin.within or "*" in part.names else part.names[0])
        if pin.layout["kind"] == "own":
            yield from entries_in(path, several=False)
            continue
        layout = pin.layout
        if "domain_from_folder" in layout:
            layout = {**layout, "domain": path.parent.name}
        yield from entries_of(layout, read_table(path, name=name), use=part.use, prefix=prefix)


def _files(pin: Pin, folder: Path) -> list[tuple[Path, Part]] | None:
    """The files of each part in order, or ``None`` when a part that is needed has none."""
    if pin.layout["kind"] == "texts":
        return [] if any((folder / name).is_dir() for name in pin.layout["domains"]) else None
    if pin.layout["kind"] == "pairs":
        paths = paired_files(pin.layout, folder)
        return None if paths is None else [(path, pin.parts[0]) for path in paths]
    folders = (
        sorted(path for path in folder.glob(pin.within) if path.is_dir())
        if (pin.within)
        else [folder]
    )
    chosen: list[tuple[Path, Part]] = []
    for place in folders:
        tables = {stem(path): path for path in reversed(tables_in(place))}
        for part in pin.parts:
            names = [n for n in part.names if n in tables] or (
                sorted(tables) if "*" in part.names else []
            )
            if not names and not part.optional:
                return None
            chosen += [(tables[n], part) for n in (names if "*" in part.names else names[:1])]
    return chosen or None


def _prefix(pin: Pin, name: str) -> str:
    """Row numbers and ids of several files must not meet; ids of the set itself stay."""
    return "" if pin.layout.get("unique_ids") else f"{name}/"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _own(name: str | None, data: Path) -> Path:
    if name is None or path_slug(data) == name:
        return data
    if not data.is_dir():
        raise UsageError(f"{data} is not called {name!r}", fix="Give its folder with --data")
    places = [path for path in sorted(data.iterdir()) if name in (path_slug(path), slug_stem(path))]
    if len(places) != 1:
        raise UsageError(
            f"{len(places)} files or folders in {data} are called {name!r}",
            fix="Give the one you mean with --data",
        )
    return places[0]


def slug_stem(path: Path) -> str:
    """As :func:`path_slug`, without the ending of a table."""
    return path_slug(path.with_name(stem(path))) if stem(path) else path_slug(path)


def _require(data: Path) -> None:
    if not data.exists():
        raise UsageError(f"--data {data} is not there")
