"""Sites of submissions: the seeds, hostile ones, boards of any size, with and without a cache."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import lxml.html
import pytest

from harness.errors import InvalidError
from harness.submission.manifest.status import STATUS_FILE
from leaderboard_site.build import build_submissions
from leaderboard_site.drawing.rendering import renderer
from leaderboard_site.making import parallel
from leaderboard_site.making.cache import Cache, digest, pack, unpack
from leaderboard_site.reading.sources import submitted_sources
from leaderboard_site.revisions import parts
from tests.leaderboard_site.crowd import CROWD, build_crowd, middle_of
from tests.leaderboard_site.links import broken_links
from tests.leaderboard_site.submission_samples import Page
from tests.submission.hostile import HOSTILE, UNSEEN, write_forced, write_hostile

SEEDS = Path(__file__).resolve().parents[2] / "submissions"
UPDATED = "marginbench__grey-pixels"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def words(path: Path) -> str:
    return Page(path.read_bytes()).text


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("seeds") / "site"
    page, faults = build_submissions(SEEDS, out)
    assert faults == ()
    return page.parent


def one_system(root: Path) -> Path:
    """Two revisions on one task."""
    for revision in ("px-16", "px-32"):
        shutil.copytree(SEEDS / UPDATED / revision, root / UPDATED / revision)
    return root


def test_every_revision_and_system_of_the_seeds_has_its_page(seeds: Path) -> None:
    for manifest in SEEDS.glob("*/*/submission.toml"):
        system, revision = manifest.parts[-3:-1]
        assert (seeds / "m" / system / "index.html").is_file()
        assert (seeds / "r" / system / revision / "index.html").is_file()
    assert broken_links(seeds) == []
    for path in seeds.rglob("*.html"):
        Page(path.read_bytes())


def test_what_was_not_recomputed_says_that_it_is_a_claim(seeds: Path) -> None:
    text = words(seeds / "m" / UPDATED / "index.html")
    assert "○ self-reported" in text
    assert "was not at hand to compute it again" in text
    assert "recomputed" not in re.sub(r"◐ run file", "", text)


def test_maintainers_words_stand_on_the_pages(tmp_path: Path) -> None:
    root = one_system(tmp_path / "submissions")
    revisions = sorted(path.name for path in (root / UPDATED).iterdir())
    (root / STATUS_FILE).write_text(
        f'["{UPDATED}/{revisions[0]}"]\nstate = "withdrawn"\nreason = "wrong weights"\n'
        'date = "2031-01-02"\n'
        f'["{UPDATED}/{revisions[1]}"]\nstate = "reproduced"\nreason = "ran it"\n'
        'date = "2031-01-03"\n',
        encoding="utf-8",
    )
    build_submissions(root, tmp_path / "site")
    withdrawn = words(tmp_path / "site/r" / UPDATED / revisions[0] / "index.html")
    assert "Withdrawn on 2031-01-02: wrong weights" in withdrawn
    assert "● reproduced" in words(tmp_path / "site/tasks/consistency.faces.html")


def test_a_withdrawn_system_keeps_its_row_without_a_rank(tmp_path: Path) -> None:
    root = one_system(tmp_path / "submissions")
    (root / STATUS_FILE).write_text(
        "".join(
            f'["{UPDATED}/{path.name}"]\nstate = "withdrawn"\nreason = "x"\ndate = "2031-01-02"\n'
            for path in sorted((root / UPDATED).iterdir())
        ),
        encoding="utf-8",
    )
    build_submissions(root, tmp_path / "site")
    document = lxml.html.parse(str(tmp_path / "site/tasks/consistency.faces.html"))
    (row,) = document.xpath('//tr[@class="withdrawn"]')
    assert row.xpath("string(td[1])").startswith("–")
    assert row.xpath("string(.//s)") != ""
    assert "No system with a value so far" in words(tmp_path / "site/suites/consistency.html")


def test_an_empty_board_and_a_board_of_one(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    for root, said in (
        (tmp_path / "none", "There are no records yet"),
        (one_system(tmp_path / "one"), "1 system on 1 task of 1 suite"),
    ):
        out = tmp_path / f"site-{root.name}"
        build_submissions(root, out)
        assert said in words(out / "index.html")
        assert broken_links(out) == []
        assert "No system was submitted to this suite yet" in words(out / "suites/flips.html")
    assert "One system so far" in words(tmp_path / "site-one/suites/consistency.html")


def test_tasks_that_nobody_ran_are_named(seeds: Path) -> None:
    text = words(seeds / "suites/reranking.html")
    assert "of the suite not run yet" in text
    named = text.split("not run yet")[1].split("How to submit")[0].replace(",", " ").split()
    assert "reranking/beir/arguana" in named
    assert "reranking/code-search/networkx" not in named


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_crowd(tmp_path_factory.mktemp("crowd"))


def test_a_crowd_is_cut_on_pages_and_whole_where_they_lead(crowd: Path) -> None:
    assert broken_links(crowd) == []
    for path in crowd.rglob("*.html"):
        if not path.name.endswith("all.html"):
            Page(path.read_bytes())  # at most 250 KB and 200 rows
    systems = lxml.html.parse(str(crowd / "all.html")).xpath("//tr[@data-id]")
    assert len(systems) == CROWD
    for page in ("suites/image-quality.html", "tasks/image-quality.severity.html"):
        cut = lxml.html.parse(str(crowd / page)).xpath("//tr[@data-id]")
        full_page = page.replace(".html", ".all.html")
        full = lxml.html.parse(str(crowd / full_page)).xpath("//tr[@data-id]")
        assert len(cut) <= 150 < len(full) == CROWD
        ids = [row.get("data-id") for row in full]
        assert [row.get("data-id") for row in cut] == ids[: len(cut)]
        assert len(set(ids)) == CROWD
    assert len(list((crowd / "m").iterdir())) == CROWD


def test_ranks_of_a_crowd_are_those_of_a_plain_count(crowd: Path) -> None:
    page = lxml.html.parse(str(crowd / "tasks/image-quality.severity.all.html"))
    middles = [middle_of(number) for number in range(CROWD)]
    # No tables: two z tests of each pair, with the half of 5 % that is one pair's part.
    normal, pairs = NormalDist(), CROWD * (CROWD - 1) / 2
    gap = normal.inv_cdf(1 - 0.025 / pairs) * math.hypot(0.02, 0.02) / normal.inv_cdf(0.975)
    for row in page.xpath("//tr[@data-id]"):
        own = middles[int(row.get("data-id")[-3:])]
        above = sum(other - own > gap for other in middles)
        below = sum(own - other > gap for other in middles)
        best, worst = 1 + above, CROWD - below
        assert row.xpath("string(td[1])") == (f"{best}" if best == worst else f"{best}–{worst}")


def test_rebuilding_with_and_without_a_cache_gives_the_same_bytes(
    seeds: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "kept/pages.sqlite"
    expected = contents(seeds)
    for out in ("cold", "warm"):
        build_submissions(SEEDS, tmp_path / out, cache=cache)
        assert contents(tmp_path / out) == expected
    cache.write_bytes(b"not a database")
    build_submissions(SEEDS, tmp_path / "damaged", cache=cache)
    assert contents(tmp_path / "damaged") == expected


def test_one_more_submission_gives_what_a_full_build_gives(seeds: Path, tmp_path: Path) -> None:
    some, cache = tmp_path / "submissions", tmp_path / "pages.sqlite"
    shutil.copytree(SEEDS, some)
    shutil.rmtree(some / "marginbench__piqe")
    build_submissions(some, tmp_path / "site", cache=cache)
    shutil.copytree(SEEDS / "marginbench__piqe", some / "marginbench__piqe")
    build_submissions(some, tmp_path / "site", cache=cache)
    assert contents(tmp_path / "site") == contents(seeds)


def test_any_number_of_processes_gives_the_same_bytes(seeds: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from leaderboard_site.making import parallel;"
        "from leaderboard_site.build import build_submissions;"
        "parallel.FEWEST = 2; build_submissions(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, str(SEEDS), str(tmp_path / "site")]
    subprocess.run(command, check=True, timeout=300, cwd=SEEDS.parent)
    assert contents(tmp_path / "site") == contents(seeds)


def test_pieces_of_work_may_be_cut_again(tmp_path: Path) -> None:
    code = (
        "from leaderboard_site.making.parallel import mapped;"
        "inner = lambda n: sum(mapped(lambda i: n + i, 100, workers=2));"
        "found = list(mapped(inner, 30, workers=2));"
        "assert found == [100 * n + 4950 for n in range(30)], found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, cwd=SEEDS.parent)


def test_no_process_is_forked_once_charts_were_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    here = os.getpid()
    assert set(parallel.mapped(lambda _: os.getpid(), 100, workers=4)) == {here}


def test_a_forced_build_shows_hostile_text_literally(tmp_path: Path) -> None:
    root = tmp_path / "submissions"
    folder = write_forced(root)
    with pytest.raises(InvalidError):
        build_submissions(root, tmp_path / "refused")
    assert not (tmp_path / "refused").exists()
    _, faults = build_submissions(root, tmp_path / "site", force=True)
    assert faults == ()
    site = tmp_path / "site"
    assert broken_links(site) == []
    literal = []
    for path in site.rglob("*.html"):
        page = Page(path.read_bytes())
        assert UNSEEN not in page.text
        assert not any(link.startswith("javascript") for link in page.links)
        if HOSTILE[:20] in page.text:
            literal.append(path.relative_to(site).parts[0])
    assert {"index.html", "suites", "tasks", "m", "r"} <= set(literal)
    board = json.loads((site / "data/board.json").read_text(encoding="utf-8"))
    assert folder.parent.name in json.dumps(board)
    for line in (site / "data/board.csv").read_text(encoding="utf-8").splitlines():
        assert not re.search(r"(^|,)\"?[=@]", line)


def test_a_forced_build_leaves_out_what_cannot_be_read_and_says_so(tmp_path: Path) -> None:
    root = tmp_path / "submissions"
    write_hostile(root)
    one_system(root)
    _, faults = build_submissions(root, tmp_path / "site", force=True)
    assert faults
    assert all("\n" not in fault and "\u202e" not in fault for fault in faults)
    site = tmp_path / "site"
    assert (site / "m" / UPDATED / "index.html").is_file()
    assert broken_links(site) == []
    assert all(path.resolve().is_relative_to(site.resolve()) for path in site.rglob("*"))
    for path in site.rglob("*.html"):
        Page(path.read_bytes())


def test_a_cache_forgets_what_no_build_asks_for(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    first = Cache(path)
    first.put("a", b"1")
    first.put("b", b"2")
    first.close()
    second = Cache(path)
    assert second.get("a") == b"1"
    second.close()
    third = Cache(path)
    assert third.get("b") is None
    assert Cache(None).get("a") is None


def test_a_cache_keeps_what_a_kept_page_was_made_of(tmp_path: Path) -> None:
    """A page that changes next is drawn of its old pictures, also when it stayed for a while."""
    path = tmp_path / "kept.sqlite"

    def build(*asked: str) -> list[str]:
        drawn: list[str] = []
        cache = Cache(path)

        def draw(name: str, *within: str) -> bytes:
            drawn.append(name)
            return b"".join(cache.made(part, lambda part=part: draw(part)) for part in within)

        for name in asked:
            cache.made(name, lambda name=name: draw(name, "picture", "table"))
        absorbing = Cache(path)  # as a process does that leads others
        absorbing.absorb(cache.drain())
        absorbing.close()
        return drawn

    assert build("page") == ["page", "picture", "table"]
    assert build("page") == []
    assert build("page") == []
    assert build("page, changed") == ["page, changed"]
    assert build() == []
    assert build("page") == ["page", "picture", "table"], "nobody asked for it any more"


def test_what_is_said_of_earlier_libraries_is_no_older_than_its_page(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "kept.sqlite")
    source = submitted_sources(one_system(tmp_path / "submissions"), cache)[0]
    task = source.manifest.runs[0].task
    said = []
    for before in ("", "with numpy 1.0", ""):
        (part,) = parts([replace(source, before={task: before})], renderer(), cache)
        said.append(part.revision.runs[0].evidence_reason)
    assert said[1] == "with numpy 1.0"
    assert said[0] == said[2] != said[1]


def test_digests_keep_parts_apart_and_files_come_out_as_they_went_in() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    files = {"a/b.html": b"x\n\x00y", "c": b""}
    assert unpack(pack(files)) == files
    assert unpack(pack({})) == {}


def spoil(path: Path, how: str) -> None:
    path.unlink()
    if how == "link":
        path.symlink_to("/dev/zero")
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "folder":
        path.mkdir()
    elif how == "binary":
        path.write_bytes(b"\xff\xfe")
    elif how == "large":
        path.write_bytes(b" " * 600_000)


@pytest.mark.parametrize("how", ["missing", "link", "pipe", "folder", "binary", "large"])
def test_a_record_that_is_no_plain_file_is_one_clear_line(tmp_path: Path, how: str) -> None:
    root, cache = one_system(tmp_path / "submissions"), tmp_path / "kept.sqlite"
    build_submissions(root, tmp_path / "site", cache=cache)
    records = sorted(root.glob("*/*/records/*.json"))
    spoil(records[0], how)
    with pytest.raises(InvalidError, match=re.escape(str(records[0]))) as caught:
        build_submissions(root, tmp_path / "site", cache=cache)
    assert "\n" not in str(caught.value)
    _, faults = build_submissions(root, tmp_path / "forced", cache=cache, force=True)
    assert len(faults) == 1
    assert str(records[0]) in faults[0]


def test_a_record_that_was_changed_in_place_is_read_again(tmp_path: Path) -> None:
    root, cache = one_system(tmp_path / "submissions"), tmp_path / "kept.sqlite"
    build_submissions(root, tmp_path / "site", cache=cache)
    record = min(root.glob("*/*/records/*.json"))
    before = record.read_text(encoding="utf-8")
    found = re.search(r'"created": "(\d{4})', before)
    assert found is not None
    times = record.stat()
    record.write_text(before.replace(found[0], '"created": "2031'), encoding="utf-8")
    os.utime(record, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert record.stat().st_size == times.st_size
    build_submissions(root, tmp_path / "site", cache=cache)
    build_submissions(root, tmp_path / "fresh")
    assert contents(tmp_path / "site") == contents(tmp_path / "fresh")
    assert "2031" in words(tmp_path / "site/r" / record.relative_to(root).parts[0]
                           / record.relative_to(root).parts[1] / "index.html")  # fmt: skip


def test_a_manifest_that_a_cache_knows_is_still_looked_at_where_it_lies(tmp_path: Path) -> None:
    root, cache = one_system(tmp_path / "submissions"), tmp_path / "kept.sqlite"
    build_submissions(root, tmp_path / "site", cache=cache)
    folder = next((root / UPDATED).iterdir())
    shutil.copytree(folder, folder.with_name("copy"))
    with pytest.raises(InvalidError, match="not of the folder"):
        build_submissions(root, tmp_path / "site", cache=cache)
    manifest = folder.with_name("copy") / "submission.toml"
    manifest.write_text("not toml")
    with pytest.raises(InvalidError, match="cannot be read as TOML"):
        build_submissions(root, tmp_path / "site", cache=cache)
