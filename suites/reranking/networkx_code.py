"""The embedded task: find a networkx function by the first paragraph of its docstring.

The texts are read at run time from the installed, pinned networkx (never imported), so nothing
of it is copied here. A query is the first paragraph of a public function's docstring; its one
relevant document is the source of that function without docstring and comments, with the
function's own name replaced by ``f``.
"""

from __future__ import annotations

import hashlib
import json

from harness.errors import InvalidError
from harness.fingerprint import digest
from harness.tasks import cache
from suites.networkx_functions import VERSION, Function, functions, package_folder
from suites.reranking.corpus import Collection, MemoryCorpus

KEPT_PER_THOUSAND = 400


def read_pinned(expected: str) -> Collection:
    """The collection whose content has the sha256 ``expected``, derived once and then cached.

    Raises :class:`UsageError` when networkx is missing or has another version, and as
    :func:`check_content` does. What the cache holds is taken only when it is the pinned content,
    so a stale or changed cache is as good as none.
    """
    package = package_folder()
    name = f"networkx-{VERSION}-{expected[:16]}.json"
    try:
        cached = collection([Function(*row) for row in json.loads(cache.read(name) or b"[]")])
    except (TypeError, ValueError):
        cached = collection([])
    if content_digest(cached) == expected:
        return cached
    kept = [function for function in functions(package) if _is_kept(function)]
    found = collection(kept)
    check_content(found, expected)
    cache.write(name, json.dumps(kept).encode())
    return found


def collection(found: list[Function]) -> Collection:
    """Queries, documents and judgements of the functions that are kept."""
    kept = sorted(
        (function for function in found if _is_kept(function)), key=lambda f: f.document_id
    )
    return Collection(
        corpus=MemoryCorpus({f.document_id: f.document for f in kept}),
        queries={f.query_id: f.query for f in kept},
        gold={f.query_id: {f.document_id: 1} for f in kept},
        clusters={f.query_id: f.module for f in kept},
    )


def content_digest(found: Collection) -> str:
    """sha256 over queries, documents and judgements."""
    return digest([dict(found.queries), dict(found.corpus.texts()), dict(found.gold)])


def check_content(found: Collection, expected: str) -> None:
    """Raise :class:`InvalidError` unless the content is the pinned one."""
    actual = content_digest(found)
    if actual != expected:
        raise InvalidError(
            f"the functions derived from networkx {VERSION} differ from the pinned ones "
            f"(expected sha256 {expected[:16]}, found {actual[:16]})",
            fix="Reinstall it: pip install --force-reinstall networkx==" + VERSION,
        )


def _is_kept(function: Function) -> bool:
    # An arbitrary but fixed share, so that the whole task takes seconds on a CPU.
    state = hashlib.sha256(function.document_id.encode())
    return int.from_bytes(state.digest()[:4]) % 1000 < KEPT_PER_THOUSAND
