"""Rules about what records say, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from harness.errors import did_you_mean
from harness.nouns import Aggregate
from harness.records.record import TaskRef
from harness.submission.catalogue.fingerprints import Known, known_versions
from harness.submission.catalogue.own_lists import own_lists
from harness.submission.catalogue.places import board_tasks
from harness.submission.rules.doors import OWN_CODE, opens
from harness.submission.rules.invariance import invariance_faults
from harness.submission.rules.markup import markup_fault
from harness.submission.rules.values import metric_faults, size_faults, text_faults
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Claim, Subject

SCORE_AGAIN = "Score the run again with this version, marginbench score RUN_DIR, and pack it again"


def strict(subject: Subject, board: Board) -> Iterator[Fault]:
    """Records are strict JSON."""
    for path, said in subject.json_faults.items():
        yield Fault(subject.at(path), said, SCORE_AGAIN)


def schema(subject: Subject, board: Board) -> Iterator[Fault]:
    """Records hold to a schema that is known here."""
    for path, said in subject.schema_faults.items():
        yield Fault(subject.at(path), said, SCORE_AGAIN)


def limit(subject: Subject, board: Board) -> Iterator[Fault]:
    """Records are of whole tasks."""
    for claim in subject.claims:
        limit = claim.record.task.limit
        if limit is not None:
            said = f"is a quick look at the first {limit:,}"
            yield Fault(subject.at(claim.path), said, "Evaluate without --limit")


def task(subject: Subject, board: Board) -> Iterator[Fault]:
    """Records are of tasks that the board has."""
    for claim in subject.claims:
        if claim.place is None:
            yield Fault(
                subject.at(claim.path),
                f"{claim.task_id!r} is no task of the board",
                "Sets of your own are not for the board. "
                + did_you_mean(claim.task_id, board_tasks()),
            )


def version(subject: Subject, board: Board) -> Iterator[Fault]:
    """Records are of a version of their task that is known here."""
    for claim in subject.claims:
        if claim.place is None or claim.task is None:
            continue
        found = claim.record.task.version
        known = {claim.task.version, *known_versions(claim.place.suite, claim.task_id)}
        if found not in known:
            yield Fault(
                subject.at(claim.path),
                f"version {found!r} of {claim.task_id} is not known; {claim.task.version!r} is",
                SCORE_AGAIN,
            )
        elif found != claim.task.version and claim.place.is_embedded and board.base is not None:
            # Nothing could be computed again: only the newest data come with packages.
            said = f"version {found!r} of {claim.task_id} is past; {claim.task.version!r} is now"
            yield Fault(subject.at(claim.path), said, SCORE_AGAIN)


def fingerprint(subject: Subject, board: Board) -> Iterator[Fault]:
    """Records are of data that the task is known to have."""
    for claim in subject.claims:
        about, known = claim.record.task, known_data(claim)
        same = [entry for entry in known if entry.fingerprint == about.fingerprint]
        own = own_lists(claim.record)
        if own and claim.place is not None and claim.place.is_embedded:
            yield Fault(
                subject.at(claim.path),
                f"claims candidate lists of its own, and those of {about.id} are known",
                "Evaluate again without --first-stage",
            )
            continue
        others = own or any(entry.others for entry in known)
        if not known or (not same and others):
            continue
        if not same:
            yield Fault(
                subject.at(claim.path),
                f"fingerprint {about.fingerprint[:12]} is none of those of {about.id}, version "
                f"{about.version}: {', '.join(entry.fingerprint[:12] for entry in known)}",
                "The data are not those of the task: get them again and evaluate again",
            )
        elif (about.groups, about.items) != (same[0].groups, same[0].items):
            yield Fault(
                subject.at(claim.path),
                f"tells of {about.groups:,} groups and {about.items:,} items, the task has "
                f"{same[0].groups:,} and {same[0].items:,}",
                SCORE_AGAIN,
            )


def known_data(claim: Claim) -> tuple[Known, ...]:
    """Known data of the version that a record is of; empty where nothing was pinned."""
    if claim.place is None or claim.task is None:
        return ()
    return known_versions(claim.place.suite, claim.task_id).get(claim.record.task.version, ())


def card(subject: Subject, board: Board) -> Iterator[Fault]:
    """What a record tells of its task is what the catalogue tells."""
    for claim in subject.claims:
        mean = claim.place.aggregate if claim.place else None
        pairs = _mean_card(claim.record.task, mean) if mean else _task_card(claim)
        wrong = [name for name, (said, known) in pairs.items() if said != known]
        if wrong:
            yield Fault(
                subject.at(claim.path),
                f"tells of its task what the catalogue does not: {', '.join(wrong)}",
                SCORE_AGAIN,
            )


def _mean_card(about: TaskRef, mean: Aggregate) -> dict[str, tuple[Any, Any]]:
    count = len(mean.members)
    return {
        "suite": (about.suite, mean.id.partition("/")[0]),
        "title": (about.title, mean.title),
        "description": (about.description, f"The mean of each metric over {count} tasks."),
        "source": (about.source, f"mean over {count} tasks"),
        "caveats": (about.caveats, []),
    }


def _task_card(claim: Claim) -> dict[str, tuple[Any, Any]]:
    if claim.task is None or claim.record.task.version != claim.task.version:
        return {}
    about, shown = claim.record.task, claim.task.card
    return {
        "suite": (about.suite, claim.task.suite),
        "primary_metric": (about.primary_metric, claim.task.primary_metric),
        "beside": (about.beside, list(claim.task.beside)),
        "title": (about.title, shown.title),
        "description": (about.description, shown.description),
        "source": (about.source, shown.source),
        "revision": (about.revision, shown.revision),
        "licence": (about.licence, shown.licence),
        "citation": (about.citation, shown.citation),
        "caveats": (about.caveats, list(shown.caveats)),
        "members": (about.members, None),
    }


def metrics(subject: Subject, board: Board) -> Iterator[Fault]:
    """A record has the task's metrics, in their order."""
    for claim in subject.claims:
        found = [metric.name for metric in claim.record.metrics]
        said = ""
        if claim.record.task.primary_metric not in found:
            said = f"lacks its primary metric {claim.record.task.primary_metric!r}"
        elif claim.task is not None and claim.record.task.version == claim.task.version:
            lost = [name for name in claim.task.metrics if name not in found]
            odd = [name for name in found if name not in claim.task.metrics]
            if lost or odd:
                said = f"lacks {lost[:3]}, has {odd[:3]}, which are not the task's metrics"
            elif found != list(claim.task.metrics):
                said = "has its metrics twice or in another order than the task"
        if said:
            yield Fault(subject.at(claim.path), said, SCORE_AGAIN)


def model(subject: Subject, board: Board) -> Iterator[Fault]:
    """Record and manifest tell of one model, run in one way."""
    for claim in subject.claims:
        if claim.run is None:
            continue
        ours = claim.record.model
        options = {key: value for key, value in ours.options.items() if value is not None}
        pairs = {
            "adapter": (claim.run.adapter, ours.adapter),
            "checkpoint": (claim.run.checkpoint, ours.checkpoint),
            "options": (claim.run.options, options),
        }
        wrong = [name for name, (said, known) in pairs.items() if said != known]
        if opens(claim.run, OWN_CODE) and not ours.trust_remote_code:
            wrong.append(OWN_CODE)
        if wrong:
            yield Fault(
                subject.at(claim.path),
                f"{', '.join(wrong)} of the model differ from those in submission.toml",
                "Pack the run again with marginbench submit",
            )


def members(subject: Subject, board: Board) -> Iterator[Fault]:
    """A mean over tasks has all its members here, as they are."""
    fingerprints = {claim.task_id: claim.record.task.fingerprint for claim in subject.claims}
    for claim in subject.claims:
        mean = claim.place.aggregate if claim.place else None
        if mean is None:
            continue
        said = claim.record.task.members or {}
        wrong = [
            name
            for name in mean.members
            if name not in fingerprints or said.get(name) != fingerprints[name]
        ]
        if wrong or len(said) != len(mean.members):
            yield Fault(
                subject.at(claim.path),
                f"is a mean over {len(mean.members)} tasks; missing here or of other data: "
                f"{', '.join(wrong[:3]) or 'none, but it names others'}",
                "Pack all runs of the model at once: give marginbench submit the folder of all",
            )


def ranges(subject: Subject, board: Board) -> Iterator[Fault]:
    """Numbers are ones that the metrics can have; what is undefined says why."""
    for claim in subject.claims:
        stage = claim.record.first_stage
        metrics = [*claim.record.metrics, *(stage.metrics if stage else ())]
        suite = claim.place.suite.name if claim.place else ""
        faults = [said for metric in metrics for said in metric_faults(metric, suite)]
        faults += invariance_faults(claim.record)
        for said in faults[:5]:
            yield Fault(subject.at(claim.path), said, SCORE_AGAIN)


def texts(subject: Subject, board: Board) -> Iterator[Fault]:
    """Texts can be shown as they are, whole numbers counted."""
    for claim in subject.claims:
        found = text_faults(claim.record.model_dump(mode="json"))
        for said in islice(found, 5):
            yield Fault(subject.at(claim.path), said, SCORE_AGAIN)


def size(subject: Subject, board: Board) -> Iterator[Fault]:
    """What is told freely fits a page."""
    for claim in subject.claims:
        for said in islice(size_faults(claim.record), 5):
            yield Fault(subject.at(claim.path), said, "Tell less in the adapter's details")


def markup(subject: Subject, board: Board) -> Iterator[Fault]:
    """Names of models, devices and the like are for people."""
    for claim in subject.claims:
        model, run = claim.record.model, claim.record.run
        texts = {"name": model.name, "revision": model.revision, "checkpoint": model.checkpoint}
        texts |= {"dtype": model.dtype, "platform": claim.record.environment.platform}
        if run is not None:
            texts |= {"device": run.device, "device_name": run.device_name}
        if run is not None and run.latency is not None:
            texts |= {"latency.protocol": run.latency.protocol}
        for name, text in texts.items():
            what = markup_fault(text or "")
            if what:
                yield Fault(
                    subject.at(claim.path), f"{name} holds {what}", "Call it by a plain name"
                )
