"""The embedded task: which docstring is a function's, its own or one that was spoilt?

A prompt is the code of a networkx function without docstring, comments and name; the chosen
candidate is the first paragraph of its docstring. The rejected one is made by a rule that looks at
nothing but texts: ``other`` is the first paragraph of another module's docstring that is nearest in
length, ``swapped`` has two of the own words change places, ``replaced`` has one of them replaced by
a word of the ``other``. Which rule makes an item follows from the sha256 of its id. Nobody judged
these pairs: that the own docstring is the better one is how they are made.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from harness.fingerprint import digest
from harness.tasks import cache
from suites.networkx_functions import VERSION, Function, functions, package_folder
from suites.preference.data import CHOSEN, PreferenceData
from suites.preference.items import Candidate, Item, assemble
from suites.preference.pins import pin

KINDS = ("other", "swapped", "replaced")
KEPT_PER_THOUSAND = 300
LONGEST_PROMPT = 500
"""Characters of code, so that the task takes seconds on a CPU."""
WORD = re.compile(r"[A-Za-z]{4,}")


def load_docstrings(request: LoadRequest) -> PreferenceData:
    """The pinned pairs, made once and then cached.

    Raises :class:`UsageError` when networkx is missing or has another version, and
    :class:`InvalidError` where the pairs are not the pinned ones.
    """
    expected, count, _ = pin()
    items = _cached(expected)
    if len(items) != count:
        raise InvalidError(f"{count} pairs expected, {len(items)} made")
    return assemble(
        items,
        CHOSEN,
        where="docstrings",
        ordered=False,
        limit=request.limit,
        origin={"package": f"networkx {VERSION}", "sha256": expected},
        on_error=request.on_error,
    )


def made(found: Sequence[Function]) -> list[Item]:
    """Pairs of short functions, an arbitrary but fixed share of them, in order of their ids."""
    every = sorted(found, key=lambda one: one.query_id)
    return [_pair(one, every) for one in every if _is_kept(one)]


def content_digest(items: Sequence[Item]) -> str:
    """sha256 over prompts and candidates."""
    return digest(list(_rows(items)))


def _cached(expected: str) -> list[Item]:
    package = package_folder()
    name = f"docstrings-{VERSION}-{expected[:16]}.json"
    try:
        kept = [_item(*row) for row in json.loads(cache.read(name) or b"[]")]
    except (TypeError, ValueError):
        kept = []
    if content_digest(kept) == expected:  # a stale or changed cache is as good as none
        return kept
    items = made(functions(package))
    actual = content_digest(items)
    if actual != expected:
        raise InvalidError(
            f"the pairs made of networkx {VERSION} differ from the pinned ones (expected sha256 "
            f"{expected[:16]}, found {actual[:16]})",
            fix="Reinstall it: pip install --force-reinstall networkx==" + VERSION,
        )
    cache.write(name, json.dumps(list(_rows(items))).encode())
    return items


def _rows(items: Sequence[Item]) -> Iterator[list[str]]:
    for item in items:
        own, other = (one.text or "" for one in item.candidates)
        yield [item.id, item.prompt, item.cluster, item.subset, own, other]


def _item(name: str, prompt: str, cluster: str, subset: str, own: str, other: str) -> Item:
    candidates = (
        Candidate(f"{name}/chosen", own, 1),
        Candidate(f"{name}/rejected", other, 0),
    )
    return Item(name, prompt, candidates, cluster, subset)


def _pair(one: Function, every: Sequence[Function]) -> Item:
    other = _nearest(one, every)
    kind = KINDS[_mixed(one, "kind") % len(KINDS)]
    spoilt = {"swapped": _swapped, "replaced": _replaced}.get(kind, _other)(one, other)
    item = _item(one.query_id, one.document, one.module, kind, one.query, spoilt or other)
    return item if spoilt else replace(item, subset=KINDS[0])


def _is_kept(one: Function) -> bool:
    return len(one.document) <= LONGEST_PROMPT and _mixed(one, "kept") % 1000 < KEPT_PER_THOUSAND


def _nearest(one: Function, every: Sequence[Function]) -> str:
    """The paragraph of another module's function that is nearest in length, the first of these."""
    others = (other for other in every if other.module != one.module)
    return min(others, key=lambda other: abs(len(other.query) - len(one.query))).query


def _other(one: Function, other: str) -> str:
    return other


def _swapped(one: Function, _: str) -> str:
    """Two words of different letters change places, ``""`` where there are none."""
    words = _words(one.query)
    if len({match.group().casefold() for match in words}) < 2:
        return ""
    first = words[_mixed(one, "first") % len(words)]
    rest = [word for word in words if word.group().casefold() != first.group().casefold()]
    second = rest[_mixed(one, "second") % len(rest)]
    a, b = sorted((first, second), key=lambda match: match.start())
    text = one.query
    return text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :]


def _replaced(one: Function, other: str) -> str:
    """One word is that of the other text that is nearest in length, ``""`` where there is none."""
    words = _words(one.query)
    own = {match.group().casefold() for match in words}
    theirs = sorted({m.group() for m in _words(other) if m.group().casefold() not in own})
    if not words or not theirs:
        return ""
    taken = words[_mixed(one, "word") % len(words)]
    word = min(theirs, key=lambda text: abs(len(text) - len(taken[0])))
    return one.query[: taken.start()] + word + one.query[taken.end() :]


def _words(text: str) -> list[re.Match[str]]:
    return list(WORD.finditer(text))


def _mixed(one: Function, what: str) -> int:
    """A number that an id alone gives, another for each purpose."""
    return int.from_bytes(hashlib.sha256(f"{what}\n{one.query_id}".encode()).digest()[:8])
