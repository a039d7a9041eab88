"""Rules about who somebody is: no name, folder or answers of another's are taken for one's own."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.submission.layout import MANIFEST_FILE
from harness.submission.manifest.keepers import OWNERS_FILE, WAIVERS_FILE
from harness.submission.manifest.manifest import Manifest
from harness.submission.subject.around import Board
from harness.submission.subject.copies import org_of
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject
from harness.submission.untrusted.lookalikes import alike

ASK = f"or ask the maintainers, who may let it stand in {WAIVERS_FILE}"


def owner(subject: Subject, board: Board) -> Iterator[Fault]:
    """An organisation that is here already is added to by its own accounts alone.

    Asked where there is a board to add to (``--base``). A new organisation belongs to nobody yet.
    """
    org = org_of(subject.id)
    if board.base is None or subject.id in board.merged:
        return
    if org not in {org_of(id) for id in board.merged} | board.owners.keys():
        return
    known = board.owners.get(org, frozenset())
    if board.author is not None and board.author.account in known:
        return
    if board.author is None:
        said = f"is of {org!r}, which is on the board, and nobody knows who sends it"
    else:
        said = f"is of {org!r}, and {board.author.login} is no account that may add to it"
    yield Fault(
        subject.id,
        said,
        "Submit under an organisation of your own, or ask the maintainers to add your account to "
        f"{OWNERS_FILE}; --author LOGIN:NUMBER says who sends it",
    )


def name(subject: Subject, board: Board) -> Iterator[Fault]:
    """Nobody takes this system, its organisation or its name for another one."""
    manifest = subject.manifest
    if manifest is None or "identity-name" in board.waived.get(subject.id, ()):
        return
    called = {claim.record.model.name for claim in subject.claims}
    for other in _earlier(subject.id, manifest, board):
        said = _taken_for(manifest, other) or _called(called, manifest, other)
        if said and "identity-name" not in board.waived.get(other.id, ()):
            yield Fault(
                subject.at(MANIFEST_FILE), f"{said} ({other.id})", f"Take another name, {ASK}"
            )
            return


def _earlier(id: str, manifest: Manifest, board: Board) -> Iterator[Manifest]:
    """Other systems that were here before, or are of an earlier day."""
    mine = (id not in board.merged, manifest.date, id)
    for other, found in sorted(board.known.items()):
        if found is not None and found.system != manifest.system:
            theirs = (other not in board.merged, found.date, other)
            if theirs < mine:
                yield found


def _taken_for(mine: Manifest, other: Manifest) -> str:
    if mine.org != other.org and alike(mine.org, other.org, together=True):
        return f"org {mine.org!r} looks like {other.org!r}"
    if mine.org != other.org and alike(mine.name, other.org, together=True):
        return f"name {mine.name!r} looks like that of the organisation {other.org!r}"
    if alike(mine.system, other.system):
        return f"{mine.system!r} looks like {other.system!r}"
    if alike(mine.name, other.name, together=True):
        return f"name {mine.name!r} looks like that of another system, {other.name!r}"
    return ""


def _called(names: Collection[str], mine: Manifest, other: Manifest) -> str:
    """Records name their model too, in tables of their own."""
    if mine.org == other.org:
        return ""
    found = next((name for name in sorted(names) if alike(name, other.name, together=True)), None)
    return "" if found is None else f"model name {found[:80]!r} looks like {other.name!r}"


def copied(subject: Subject, board: Board) -> Iterator[Fault]:
    """No answers are somebody else's with a little noise."""
    for claim in subject.claims:
        found = board.copies.get((subject.id, claim.task_id))
        if found is not None:
            yield Fault(
                subject.at(claim.path),
                f"the answers to {claim.task_id} are nearly those of {found.of} ({found.how})",
                f"Submit answers of your own model, {ASK}",
            )
