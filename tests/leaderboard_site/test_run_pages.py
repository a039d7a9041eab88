"""Pages of one revision and its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.records.run_info import Effort, Requests
from harness.submission.manifest.manifest import LargerEvidence
from harness.submission.manifest.status import Standing
from leaderboard_site.pages.run import FEW_RUNS, MOST_RUNS
from leaderboard_site.pages.run import run_files as files_of_revision
from leaderboard_site.reading.submitted import Submitted
from tests.leaderboard_site.submission_samples import (
    ALPHA,
    Page,
    hostile,
    render,
    shown_literally,
    submitted,
)

PATH = "r/example__small/1/index.html"


def run_files(submissions: Sequence[Submitted]) -> dict[str, bytes]:
    known = {item.manifest.id: item.manifest for item in submissions}
    files: dict[str, bytes] = {}
    for item in submissions:
        files |= files_of_revision(item, known.get(item.manifest.predecessor or ""), render)
    return files


def page_of(*submissions: Submitted, path: str = PATH) -> Page:
    return Page(run_files(submissions)[path])


def test_a_page_tells_how_the_run_was_made():
    item = submitted(tasks=(ALPHA,))
    page = page_of(item)
    record = item.runs[0].record
    assert record.predictions is not None
    for said in (
        "Example Processor 9000", "max_length", "3.11.9", "Distinct scores",
        record.predictions.sha256, "Time in the model", "marginbench evaluate",
    ):  # fmt: skip
        assert said in page.text
    assert "../../../m/example__small/index.html" in page.links
    assert record.task.title in page.text
    row = next(row for row in page.rows if row[0].startswith("nDCG@10"))
    assert row[1] == f"{record.primary.value * 100:.2f}"
    assert record.first_stage is not None
    assert row[6] == str(record.first_stage.differences[0].wins)
    assert "◐ recomputed" in page.text


def test_facts_of_all_runs_stand_once_and_others_by_run():
    page = page_of(submitted())
    assert page.text.count("Example Processor 9000") == 1
    heads = [row for row in page.rows if row[0] == "Task"]
    assert any("Predictions sha256" in row for row in heads)


def test_an_undefined_metric_is_a_dash_with_its_reason():
    page = page_of(submitted(tasks=(ALPHA,)))
    assert "The scores do not compare across queries." in page.text


def test_two_revisions_have_a_page_each_and_link_back():
    first, second = submitted("1"), submitted("2", predecessor="example__small/1")
    assert len(run_files((first, second))) == 2
    page = page_of(first, second, path="r/example__small/2/index.html")
    assert "../../../r/example__small/1/index.html" in page.links
    alone = page_of(second, path="r/example__small/2/index.html")
    assert "an update of example__small/1" in alone.text


def test_many_runs_go_on_to_further_pages():
    tasks = [f"reranking/invented/t{number}" for number in range(MOST_RUNS + 1)]
    files = run_files((submitted(tasks=tasks),))
    assert sorted(files) == [PATH, "r/example__small/1/page-2.html"]
    for data in files.values():
        assert "../../../r/example__small/1/page-2.html" in Page(data).links


def test_few_runs_have_a_table_each_and_many_stand_side_by_side():
    few, many = (
        page_of(submitted(tasks=[f"reranking/invented/t{n}" for n in range(number)]))
        for number in (FEW_RUNS, FEW_RUNS + 1)
    )
    assert sum(row[0] == "Metric" for row in few.rows) == FEW_RUNS
    assert sum(row[0] == "Metric" for row in many.rows) == 0
    assert sum(row[0].startswith("Invented Alpha") for row in many.rows) >= FEW_RUNS + 1


def test_files_kept_elsewhere_are_listed_with_their_hash():
    larger = LargerEvidence(
        task=ALPHA, url="https://files.example.org/a", sha256="0" * 64, bytes=3_000_000
    )
    page = page_of(submitted(larger=[larger]))
    assert "files.example.org" in page.text
    assert "0" * 64 in page.text
    assert "https://files.example.org/a" in page.links


def test_a_withdrawn_revision_keeps_its_page():
    page = page_of(submitted(standing=Standing("withdrawn", "wrong weights", "2031-06-01")))
    assert "Withdrawn on 2031-06-01: wrong weights" in page.text
    assert page.rows


def test_hostile_text_is_shown_and_never_obeyed():
    page = page_of(hostile(), path="r/example__hostile/1/index.html")
    assert shown_literally(page)


def test_the_same_submissions_give_the_same_bytes_in_any_order():
    items = [submitted("1"), submitted("2"), hostile()]
    assert run_files(items) == run_files(items[::-1])


def test_what_asking_a_language_model_cost_is_told_by_query_and_in_all():
    effort = Effort(calls=1_440, prompt_tokens=2_345_678, completion_tokens=90_000, repairs=12,
                    groups_repaired=5, requests=None)  # fmt: skip
    plain = submitted(tasks=(ALPHA,))
    (run,) = plain.runs
    assert run.record.run is not None
    told = run.record.run.model_copy(update={"effort": effort})
    side = replace(run.side, record=run.record.model_copy(update={"run": told}))
    item = replace(plain, runs=(replace(run, side=side),))
    queries = run.record.task.groups
    text = page_of(item).text
    for name, total in (("Questions asked", 1_440), ("Tokens read", 2_345_678)):
        assert f"{total:,} in all" in text.partition(name)[2]
    assert f"12 in all, in 5 of {queries} queries" in text.partition("Answers repaired")[2]
    assert f"{1_440 / queries:.2f} a query" in text
    assert "Questions asked" not in page_of(plain).text


def test_what_was_asked_of_a_server_is_told_with_its_cost():
    requests = Requests(answered=1_234, retries=7, median_seconds=0.25, p95_seconds=1.5,
                        billed_units=55, shortened=0, unseen=0, cost=12.345)  # fmt: skip
    effort = Effort(calls=1_234, prompt_tokens=None, completion_tokens=None, repairs=0,
                    groups_repaired=0, requests=requests)  # fmt: skip
    plain = submitted(tasks=(ALPHA,))
    (run,) = plain.runs
    assert run.record.run is not None
    told = run.record.run.model_copy(update={"effort": effort})
    side = replace(run.side, record=run.record.model_copy(update={"run": told}))
    text = page_of(replace(plain, runs=(replace(run, side=side),))).text
    assert "1,234" in text.partition("Requests answered")[2][:40]
    assert "12.345" in text.partition("Cost, by the stated price")[2][:40]
    assert "not counted by the server" in text.partition("Tokens read")[2][:60]
    assert "Answers repaired" not in text
