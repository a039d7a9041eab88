"""What is somebody else's in other clothes, and what a figure, a table or a link hides."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import InvalidError
from harness.records.migrations import migrate
from harness.submission.evidence.facts import facts_of
from harness.submission.evidence.sketches import copied
from harness.submission.rules.beside import differs
from harness.submission.untrusted.lookalikes import alike
from harness.submission.untrusted.parquet_tables import TableError, parse_table
from harness.submission.untrusted.slugs import url_fault
from harness.submission.validate import validate
from tests.hostile.forging import forged, sample
from tests.submission.conftest import Make

DEPTH, LISTS = 100, 80


def told(scores: np.ndarray[Any, Any]) -> Any:
    table = pa.table({"score": pa.array(scores)})
    return facts_of(table, sha256="", lists=True).sketches


def drawn(seed: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=DEPTH * LISTS)


MOVES: dict[str, Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = {
    "up and down from list to list": lambda x: x + np.repeat(np.arange(LISTS) % 7 * 50.0, DEPTH),
    "stretched from list to list": lambda x: x * np.repeat(np.arange(LISTS) % 5 + 1.0, DEPTH),
    "turned round too": lambda x: np.repeat(np.arange(LISTS) % 7 * 50.0, DEPTH) - x,
    "as the lists are ordered": np.exp,
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_scores_that_order_every_list_alike_are_copies(
    move: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]],
) -> None:
    assert copied(told(drawn(1)), told(move(drawn(1))))


def test_other_scores_are_none() -> None:
    near = drawn(1) + 0.05 * drawn(2)  # as two honest runs of one recipe are
    assert not copied(told(drawn(1)), told(near))
    assert not copied(told(drawn(1)), told(drawn(2)))
    assert not copied(told(np.zeros(900)), told(np.zeros(900)))


@pytest.mark.parametrize("length", [2, 3, 4, 6, 10])
def test_short_lists_are_known_again_by_the_gaps_in_them(length: int) -> None:
    """Of a pair hardly a neighbour is its own, so that a constant for each turns half of them."""
    lists = 140
    mine, noise, moved = (
        np.random.default_rng(seed).normal(size=length * lists) for seed in (1, 2, 3)
    )
    copy = mine + 1e-5 * noise + np.repeat(5 * moved[:lists], length)
    assert np.array_equal(
        np.argsort(mine.reshape(lists, length)), np.argsort(copy.reshape(lists, length))
    ), "no figure changes"
    for given in (copy, -copy):
        assert "gaps" in copied(told(mine.astype("f4")), told(given.astype("f4")))
    assert not copied(told(mine), told(mine + 0.2 * noise))
    assert not copied(
        told((mine > 0) * 1.0), told((mine > 0) * 1.0 + np.repeat(moved[:lists], length))
    )


def test_a_copy_is_not_hidden_behind_ids_in_another_order(make: Make) -> None:
    """With ids the rows could stand in any order, in which nobody would know them again."""
    folder = make(revision="r1", tasks=["tiny/one"], mean=False)
    (path,) = (folder / "predictions").iterdir()
    table = pq.read_table(path)
    table = table.append_column("item", pa.array([str(n) for n in range(table.num_rows)]))
    pq.write_table(table, path)
    found = [f.message for f in validate([folder]).findings if f.rule == "predictions-columns"]
    assert found
    assert "names its items" in found[0]


@pytest.mark.parametrize(
    "name", ["lmscan.", '"lmscan"', "lmscan…", "• lmscan", "lmscan™", "(lmscan)"]
)
def test_signs_around_a_name_make_no_other(name: str) -> None:
    assert alike(name, "lmscan", together=True)


def test_a_record_calls_its_model_by_no_other_name_either(make: Make) -> None:
    from tests.hostile.test_identity import renamed
    from tests.submission.conftest import LATER

    first = make(revision="r1", tasks=["tiny/one"], mean=False)
    second = make(revision="r2", tasks=["tiny/one"], mean=False, answers="ab" * 6, date=LATER)
    renamed(second, org="other", model="own", name="mine")  # whose record still says "letters"
    found = [f.message for f in validate([first.parents[1]]).findings if f.rule == "identity-name"]
    assert any("model name 'letters'" in said for said in found)


def smaller_p(data: dict[str, Any]) -> None:
    table = data["part"]["tables"][0]
    table["mcnemar_p"] /= 1e9


def test_a_p_below_all_tolerance_is_held_to_its_size() -> None:
    one = sample("flips")
    before = copy.deepcopy(one.data["part"]["tables"][0]["mcnemar_p"])
    assert before < 1e-9, "of a p that is not tiny this says nothing"
    found = one.quickly(forged("flips", smaller_p), one.follows)
    assert any("mcnemar_p" in said for said in found)
    assert not one.quickly(forged("flips", lambda data: None), one.follows)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda d: d["model"].update(capability="keep_first_stage"),
            "another order than the first",
        ),
        (lambda d: d["run"]["effort"]["requests"].update(answered=0), "nothing was answered"),
        (lambda d: d["run"].update(device_name="A" * 2000), "run.device_name"),
        (lambda d: d["model"].update(dtype="<b>float32</b>"), "dtype holds"),
        (lambda d: d["environment"].update(platform="<img src=x>"), "platform holds"),
        (
            lambda d: d["run"]["latency"].update(protocol='=HYPERLINK("x")'),
            "latency.protocol holds",
        ),
        (lambda d: d["task"].update(members={f"t{n}": "" for n in range(300)}), "task.members"),
        (lambda d: d["model"]["options"].update(trust_remote_code=True), "options"),
    ],
)
def test_a_record_cannot_say_so(change: Callable[[dict[str, Any]], object], said: str) -> None:
    found = sample("reranking").found(forged("reranking", change), with_data=False)
    assert any(said in one for one in found), found


@pytest.mark.parametrize(
    ("version", "hidden"),
    [(1, {"detection": {}}), (1, {"task": {"on_error": "worst-rank"}}), (2, {"flips": {}}),
     (1, {"model": {"direction": "lower"}}), (2, {"task": {"beside": ["x"]}})],
)  # fmt: skip
def test_an_old_record_hides_nothing_that_is_written_over(
    version: int, hidden: dict[str, Any]
) -> None:
    with pytest.raises(InvalidError, match=f"a record of schema {version} has no such field"):
        migrate({"schema_version": version, **hidden}, "record")


def test_a_table_is_no_place_to_keep_something() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"score": [0.5, 0.25]}), out)
    data = out.getvalue()
    assert parse_table(data, {"score": "number"}).num_rows == 2
    with pytest.raises(TableError, match="bytes of it are in no column"):
        parse_table(_filled(data, 2 << 20), {"score": "number"})


def _filled(data: bytes, size: int) -> bytes:
    """The same table with so many bytes between its pages and its footer."""
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return data[:footer] + bytes(size) + data[footer:]


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/latest", "https://127.0.0.1/", "https://192.168.0.1:8443/x",
            "https://2130706433.1/", "https://a..b/", "https://.b/", "https://-a.b/"],
)  # fmt: skip
def test_links_lead_to_names(url: str) -> None:
    assert url_fault(url)


@pytest.mark.parametrize("url", ["https://example.org/x", "https://a-b.example.co:8443/?q=1#z",
                                 "https://xn--bcher-kva.example/"])  # fmt: skip
def test_such_links_are_taken(url: str) -> None:
    assert url_fault(url) is None


def test_a_readme_that_became_a_program_is_another(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("# Submissions\n")
    assert not differs(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b").chmod(0o755)
    assert differs(tmp_path / "a", tmp_path / "b")
