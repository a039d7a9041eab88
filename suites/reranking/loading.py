"""Loading a task: from ir_datasets, from a folder under ``--data``, or from a package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.data import RankingData
from harness.data.asked import LoadRequest
from harness.errors import UsageError, first_ids
from harness.files import sha256_file
from harness.strict_json import Json
from suites.families import given, path_slug
from suites.networkx_functions import VERSION
from suites.reranking import networkx_code, networkx_short
from suites.reranking.corpus import Collection
from suites.reranking.folder import is_beir_folder, read_folder
from suites.reranking.irds import read_irds
from suites.reranking.judgements import read_judgements, require_lists
from suites.reranking.origin import of_folder, of_ir_datasets
from suites.reranking.pins import Pin, check_counts, pins
from suites.reranking.protocol import build
from suites.reranking.trec_dl import is_trec_dl_folder, read_trec_dl

_NETWORKX = {
    "networkx": networkx_code.read_pinned,
    "networkx-short": networkx_short.read_short,
}


def load_pinned(pin: Pin, request: LoadRequest) -> RankingData:
    """Load a pinned task, check its counts, and find its candidates."""
    collection, where, origin = _collection(pin, request.data)
    check_counts(pin, collection, where=where)
    depth = networkx_short.DEPTH if pin.kind == "networkx-short" else None
    return replace(build(collection, request, depth=depth), origin=origin)


def load_folder(name: str | None, request: LoadRequest) -> RankingData:
    """Load the user's own BEIR folder: ``--data`` itself, or the folder ``name`` below it.

    ``--data`` may also be a file of judgements, which is enough to score runs.
    """
    fix = "Add --data DIR, a folder in BEIR layout"
    data = given("reranking/folder", request, what="data", fix=fix)
    if data.is_file():
        judged = read_judgements(data)
        require_lists(data, request.first_stage)
        origin = {"files": {data.name: sha256_file(data)}}
        return replace(build(judged, request), origin=origin)
    _require_folder(data)
    folder = _own_folder(name, data)
    return replace(build(read_folder(folder), request), origin=of_folder(folder))


def find_folder(pin: Pin, data: Path) -> Path:
    """The folder under ``--data`` that holds a pinned set.

    That is ``data`` itself when it is named so; else ``data/<name>``, ``data/beir/<name>`` or
    ``data/<family>/<name>``; else ``data`` itself when it is a collection under a name of no
    other set. Raises :class:`UsageError` that lists the places.
    """
    _require_folder(data)
    own = data.resolve()
    if _usable(pin, data) and any(own.as_posix().endswith(f"/{name}") for name in pin.names):
        return data
    family = pin.id.split("/")[1]
    below = [data / part / name for name in pin.names for part in ("", "beir", family)]
    places = list(dict.fromkeys(below))
    for place in places:
        if _usable(pin, place):
            return place
    if _usable(pin, data) and not _is_another_set(pin, own):
        return data
    tried = first_ids([str(place) for place in places], most=3)
    raise UsageError(
        f"{pin.id} is not under --data {data}: looked at {tried}",
        fix=f"Put it, in BEIR layout, into {places[0]}",
    )


def _collection(pin: Pin, data: Path | None) -> tuple[Collection, str, dict[str, Json]]:
    if pin.kind in _NETWORKX:
        made = _NETWORKX[pin.kind](pin.content_sha256)
        package = f"networkx {VERSION}"
        return made, pin.card.source, {"package": package, "sha256": pin.content_sha256}
    if data is not None:
        folder = find_folder(pin, data)
        if pin.kind == "trec-dl" and is_trec_dl_folder(folder):
            return read_trec_dl(folder), str(folder), of_folder(folder, lists=True)
        return read_folder(folder, split=_split(pin, folder)), str(folder), of_folder(folder)
    if pin.ir_datasets is None:
        raise UsageError(
            f"{pin.id} cannot be downloaded ({pin.card.licence})",
            fix=f"Add --data DIR, where DIR/{pin.names[0]} is a folder in BEIR layout",
        )
    origin = of_ir_datasets(pin.ir_datasets, pin.card.revision)
    return read_irds(pin.ir_datasets), f"ir_datasets:{pin.ir_datasets}", origin


def _split(pin: Pin, folder: Path) -> str | None:
    # MS MARCO is evaluated on dev, while its "test" judgements are TREC Deep Learning 2019.
    has = any((folder / "qrels" / f"{pin.split}.tsv{end}").is_file() for end in ("", ".gz"))
    return pin.split if has else None


def _usable(pin: Pin, folder: Path) -> bool:
    return is_beir_folder(folder) or (pin.kind == "trec-dl" and is_trec_dl_folder(folder))


def _is_another_set(pin: Pin, folder: Path) -> bool:
    return any(folder.name in other.names for other in pins() if other.id != pin.id)


def _own_folder(name: str | None, data: Path) -> Path:
    if name is None or (is_beir_folder(data) and path_slug(data) == name):
        return data
    folders = [path for path in sorted(data.iterdir()) if path.is_dir()]
    places = [path for path in folders if path_slug(path) == name]
    if not places and path_slug(data) == name:
        return data  # its reader says what is missing
    if len(places) != 1:
        raise UsageError(
            f"{len(places)} folders under {data} are called {name!r}",
            fix="Give --data the folder itself",
        )
    return places[0]


def _require_folder(data: Path) -> None:
    if not data.is_dir():
        raise UsageError(f"--data {data} is not a folder")
