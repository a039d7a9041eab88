"""The embedded task: derivation rules on small sources, and the pinned content."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from suites.networkx_functions import QUERY_LENGTHS, SHORTEST_DOCUMENT, functions
from suites.reranking import networkx_code, suite
from suites.reranking.corpus import MemoryCorpus
from suites.reranking.pins import pins

FILLER = "\n".join(f"    value_{i} = argument + {i}" for i in range(8))


def _functions(tmp_path: Path, source: str, name: str = "module.py") -> list[str]:
    package = tmp_path / "package"
    (package / name).parent.mkdir(parents=True, exist_ok=True)
    (package / name).write_text(dedent(source).replace("    FILLER", FILLER))
    return [function.name for function in functions(package)]


def test_query_and_document_are_cut_apart(tmp_path: Path) -> None:
    source = '''
    class Outer:
        @decorated
        def search(self, argument):
            """Search all nodes
            of a graph.

            Second paragraph.
            """
            # echo of the docstring
            text = "# no comment"  # a comment

            return self.search(text) + research(argument, "a long line so that enough is left")
    '''
    package = tmp_path / "package"
    package.mkdir()
    (package / "module.py").write_text(dedent(source))
    [found] = functions(package)
    assert (found.module, found.name) == ("package/module.py", "Outer.search")
    assert found.query == "Search all nodes of a graph."
    assert found.document == dedent(
        """\
        def f(self, argument):
            text = "# no comment"

            return self.f(text) + research(argument, "a long line so that enough is left")"""
    )
    assert found.query_id == "package.module.Outer.search"
    assert found.document_id == "package/module.py:Outer.search"


@pytest.mark.parametrize(
    "source",
    [
        'def _private(argument):\n    """A sentence that is long enough."""\n    FILLER',
        'def f(argument):\n    """Too short."""\n    FILLER',
        f'def f(argument):\n    """{"long " * 61}"""\n    FILLER',
        'def f(argument):\n    """A sentence that is long enough."""\n    return 1',
        "def f(argument):\n    FILLER",
        'async def f(argument):\n    """A sentence that is long enough."""\n    FILLER',
        'def f(\n    argument\n): """A sentence that is long enough."""; x = 1\n',
    ],
)
def test_what_does_not_qualify(tmp_path: Path, source: str) -> None:
    assert _functions(tmp_path, source) == []


def test_functions_inside_functions_and_tests_are_skipped(tmp_path: Path) -> None:
    inner = '    def inner(argument):\n        """Another sentence, also long enough."""\n'
    source = f'def outer(argument):\n    """A sentence that is long enough."""\n{inner}    FILLER\n'
    source = source.replace("    FILLER", "        pass\n    FILLER")
    assert _functions(tmp_path, source) == ["outer"]
    assert _functions(tmp_path, source.replace("A sent", "One sent"), "tests/x.py") == ["outer"]


def test_what_shares_a_query_or_a_document_is_left_out(tmp_path: Path) -> None:
    one = 'def {}(argument):\n    """A sentence that is long enough{}."""\n    FILLER\n    {}\n'
    same_query = one.format("a", "", "x = 1") + one.format("b", "", "x = 2")
    same_code = one.format("c", " c", "x = 3") + one.format("d", " d", "x = 3")
    only = one.format("e", " e", "x = 5")
    assert _functions(tmp_path, same_query + same_code + only) == ["e"]


def test_the_pinned_task_loads_without_importing_networkx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)  # to import it would fail
    task = suite().find("reranking/code-search/networkx")
    assert task is not None
    data = task.load(LoadRequest())
    assert len(data.groups) == 367
    modules = {group.cluster for group in data.groups}
    assert 1 < len(modules) < len(data.groups)
    for group in data.groups:
        [document] = data.gold[group.id]
        assert document != group.id
        assert len(group.query) in QUERY_LENGTHS
        assert len(data.documents[document]) >= SHORTEST_DOCUMENT
    reachable = sum(1 for g in data.groups if set(g.candidates) & data.gold[g.id].keys())
    assert 0.7 < reachable / len(data.groups) < 0.95  # a first stage to build on, not solved


def test_changed_content_is_refused() -> None:
    [pin] = [pin for pin in pins() if pin.kind == "networkx"]
    found = networkx_code.read_pinned(pin.content_sha256)
    networkx_code.check_content(found, pin.content_sha256)
    texts = dict(found.corpus.texts())
    texts[next(iter(texts))] += " "
    with pytest.raises(InvalidError, match="differ from the pinned ones"):
        networkx_code.check_content(replace(found, corpus=MemoryCorpus(texts)), pin.content_sha256)


def test_a_missing_or_other_version_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suites.networkx_functions.VERSION", "9.9")
    with pytest.raises(UsageError, match=r"networkx 9\.9, but 3.* pip install .*\[quick"):
        networkx_code.read_pinned("0" * 64)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(UsageError, match=r"missing.*pip install .*\[quickstart\]'"):
        networkx_code.read_pinned("0" * 64)


def test_a_changed_cache_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARGINBENCH_CACHE", str(tmp_path))
    # What the package gives is the same each time, and takes the most of this test.
    monkeypatch.setattr(networkx_code, "functions", cache(networkx_code.functions))
    (pin,) = [pin for pin in pins() if pin.kind == "networkx"]
    expected = networkx_code.content_digest(networkx_code.read_pinned(pin.content_sha256))
    assert expected == pin.content_sha256
    (entry,) = tmp_path.glob("networkx-*.json")
    good = entry.read_bytes()
    for bad in (good.replace(b"graph", b"grape", 1), b"[[1]]", b"{", b"null", b"[]"):
        entry.write_bytes(bad)
        found = networkx_code.read_pinned(pin.content_sha256)
        assert networkx_code.content_digest(found) == expected
        assert entry.read_bytes() == good
