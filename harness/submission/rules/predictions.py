"""Rules about predictions, before anything is scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from harness.submission.evidence.facts import TableFacts
from harness.submission.layout import PREDICTIONS
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Claim, Subject
from harness.submission.subject.twins import joined_digest
from harness.submission.untrusted.parquet_tables import TableError

PACK_AGAIN = "Pack the run again with marginbench submit"
Check = Callable[[Subject, Board], Iterator[Fault]]


def present(subject: Subject, board: Board) -> Iterator[Fault]:
    """Every run has its predictions, here or elsewhere, and none stand there for nothing."""
    entries = [entry for entry in subject.tree.entries if entry.belongs]
    files = {entry.path for entry in entries if entry.path.startswith(f"{PREDICTIONS}/")}
    for claim in subject.claims:
        for table, path in claim.tables.items():
            if path not in files and table not in claim.larger:
                yield Fault(
                    subject.at(claim.path), f"has no predictions: {path} is missing", PACK_AGAIN
                )
            elif path in files and table in claim.larger:
                said = "is there although the manifest says that it is kept elsewhere"
                yield Fault(subject.at(path), said, "Remove it, or the entry [[larger]]")
    wanted = {path for claim in subject.claims for path in claim.tables.values()}
    whole = not (subject.json_faults or subject.schema_faults)
    placed = all(claim.place is not None for claim in subject.claims)
    for path in sorted(files - wanted) if whole and placed else ():
        yield Fault(subject.at(path), "belongs to no record", "Remove it")


def refused(rule: str) -> Check:
    """A rule of :mod:`~harness.submission.untrusted.parquet_tables`, which reads a table once."""
    return partial(_refused, rule)


def _refused(rule: str, subject: Subject, board: Board) -> Iterator[Fault]:
    for claim in subject.claims:
        for table, path in claim.tables.items():
            found = board.tables.get((subject.id, claim.task_id, table))
            if isinstance(found, TableError) and found.rule == rule:
                yield Fault(subject.at(path), found.message, found.fix or PACK_AGAIN)


def rows(subject: Subject, board: Board) -> Iterator[Fault]:
    """As many rows as the record has items."""
    yield from _refused("predictions-rows", subject, board)
    for claim in subject.claims:
        about, evidence = claim.record.task, claim.record.predictions
        if claim.task is not None and (evidence is None or evidence.rows != about.items):
            told = "none" if evidence is None else f"{evidence.rows:,}"
            said = f"tells of {told} rows of predictions and of {about.items:,} items"
            yield Fault(subject.at(claim.path), said, PACK_AGAIN)


def values(subject: Subject, board: Board) -> Iterator[Fault]:
    """Answers are finite, and null only where items may fail."""
    for claim, path, facts in _facts(subject, board):
        may_fail = claim.record.task.on_error == "worst-rank"
        if facts.unfinite:
            said = f"{facts.unfinite:,} values are NaN or infinite"
            yield Fault(subject.at(path), said, "Mend the model: every item needs an answer")
        if facts.nulls and not (may_fail or claim.carries_tables):
            said = f"{facts.nulls:,} values are null, and the run was not made to allow that"
            yield Fault(subject.at(path), said, "Evaluate again, or with --on-error worst-rank")


def constant(subject: Subject, board: Board) -> Iterator[Fault]:
    """The model told something apart."""
    for claim, path, facts in _facts(subject, board):
        if facts.same and not claim.carries_tables:
            said = f"all {facts.rows:,} rows hold one and the same answer"
            yield Fault(subject.at(path), said, "Check that the right weights and output are used")


def duplicates(subject: Subject, board: Board) -> Iterator[Fault]:
    """No other submission holds the very same answers, but for those that this one carries on."""
    for claim in subject.claims:
        digest = joined_digest(subject.id, claim.task_id, board.tables)
        ids = board.twins.get((claim.task_id, digest), ()) if digest else ()
        before = ids[: ids.index(subject.id)] if subject.id in ids else ()
        others = [id for id in before if not _carries_on(subject, board, id)]
        if others:
            yield Fault(
                subject.at(claim.path),
                f"the answers to {claim.task_id} are those of {others[0]}",
                "Submit what is new alone; the same model is not submitted twice",
            )


def _carries_on(subject: Subject, board: Board, earlier: str) -> bool:
    """Whether it holds all tasks of an earlier revision that it goes back to, and further ones.

    The board shows the newest revision of a system: one without the tasks that the system had would
    take them off.
    """
    new, old = board.known.get(subject.id), board.known.get(earlier)
    if new is None or old is None or new.system != old.system:
        return False
    seen, before = {subject.id}, new.predecessor
    while before and before not in seen and before != earlier:
        seen.add(before)
        manifest = board.known.get(before)
        before = None if manifest is None else manifest.predecessor
    return before == earlier and {run.task for run in new.runs} > {run.task for run in old.runs}


def bound(subject: Subject, board: Board) -> Iterator[Fault]:
    """Records name the files of predictions by their sha256."""
    for claim in subject.claims:
        for table, path in claim.tables.items():
            facts = board.tables.get((subject.id, claim.task_id, table))
            if isinstance(facts, TableFacts) and claim.evidence(table) != facts.sha256:
                yield Fault(
                    subject.at(path),
                    "is not the file that its record names by sha256",
                    PACK_AGAIN,
                )


def _facts(subject: Subject, board: Board) -> Iterator[tuple[Claim, str, TableFacts]]:
    for claim in subject.claims:
        for table, path in claim.tables.items():
            facts = board.tables.get((subject.id, claim.task_id, table))
            if isinstance(facts, TableFacts):
                yield claim, path, facts
