"""What a site is built from: folders of submissions, or runs on this machine.

Of a submission no table is read, which is what can unfold: only its manifest and its records, JSON
and TOML of bounded size that are looked through before they are parsed. That costs 0.2 s a file at
most, so that no child with limits stands in between, as it does in ``validate``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import InvalidError
from harness.records.again import DATA, FITTED, RUN_FILE, command_of
from harness.records.provenance import asked_beside
from harness.records.record import Record, parse_record, read_record
from harness.records.systems import which
from harness.runs.folder import RECORD_FILE, slug
from harness.submission.catalogue.own_lists import own_lists
from harness.submission.catalogue.places import place_of
from harness.submission.folders.read import read_all, read_forced
from harness.submission.layout import LARGEST_RECORD, record_file
from harness.submission.manifest.manifest import Manifest, RunAgain
from harness.submission.manifest.status import REPRODUCED, STATUS_FILE, Standing, read_status
from harness.submission.recompute.differences import differences
from harness.submission.recompute.earlier import Known, earlier_said, read_earlier
from harness.submission.untrusted.plain_files import read_plain
from harness.submission.untrusted.slugs import to_slug
from leaderboard_site.making.cache import Cache
from leaderboard_site.reading.manifests import remembering
from leaderboard_site.reading.records import RunSource, load_run, read_tables, record_files
from leaderboard_site.reading.submitted import (
    LOCAL,
    RECOMPUTED,
    SELF_REPORTED,
    Submitted,
    SubmittedRun,
)

NOT_STATED = "not stated"
_BY_NAME = (*FITTED, "predictions")
"""Adapters whose models differ from task to task and are one system all the same."""


@dataclass(frozen=True, slots=True)
class Source:
    """One submission and where its runs lie, not read yet.

    ``before``: tasks whose figures followed with earlier versions of libraries -> with which.
    ``scored_here``: of runs on this machine, whether their figures were computed just now.
    """

    manifest: Manifest
    standing: Standing | None
    runs: tuple[RunSource, ...]
    before: Mapping[str, str] = field(default_factory=dict)
    scored_here: bool = False

    @property
    def is_local(self) -> bool:
        """Whether it stands for runs on this machine."""
        return self.manifest.org == LOCAL


def read_source(source: Source, contents: Mapping[Path, bytes] | None = None) -> Submitted:
    """Read every run of a submission. Raises :class:`InvalidError` for a broken record.

    ``contents`` are claimed records that were read already, as :func:`read_bounded` does.
    """
    runs = tuple(_read_run(source, run, contents or {}) for run in source.runs)
    return Submitted(source.manifest, runs, source.standing)


def _read_run(source: Source, run: RunSource, contents: Mapping[Path, bytes]) -> SubmittedRun:
    if source.is_local:
        level = RECOMPUTED if source.scored_here else SELF_REPORTED
        return SubmittedRun(load_run(run), level, "a run on this machine", run)
    record = _read_submitted(run.record, contents.get(run.record))
    found = None if run.tables is None else read_record(run.read_from)
    if found is not None and agree(record, found):
        kept, record, trusted = run, found, True
    else:
        kept, trusted = RunSource(run.record), False
    before = source.before.get(record.task.id, "")
    evidence, reason = _evidence(source.standing, record.task.id, trusted=trusted, before=before)
    return SubmittedRun(load_run(kept, record=record), evidence, reason, kept)


def read_bounded(path: Path) -> bytes:
    """A record's bytes as a submission may hold them; :class:`InvalidError` for anything else."""
    try:
        return read_plain(path, most=LARGEST_RECORD)
    except InvalidError as error:
        raise InvalidError(
            error.message, fix="See what is wrong with: marginbench validate"
        ) from error


def _read_submitted(path: Path, content: bytes | None) -> Record:
    try:
        text = (read_bounded(path) if content is None else content).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidError(f"{path}: not strict JSON ({error})") from error
    return parse_record(text, where=str(path))


def _evidence(
    standing: Standing | None, task: str, *, trusted: bool, before: str = ""
) -> tuple[str, str]:
    if standing is not None and standing.reproduces(task):
        return REPRODUCED, ""
    if trusted:
        return RECOMPUTED, "from the predictions; the model was not run here"
    return SELF_REPORTED, before or "the task’s data was not at hand to compute it again"


def agree(claimed: Record, found: Record) -> bool:
    """Whether two records tell the same of one model on the same work."""
    same = (claimed.task.id, claimed.task.fingerprint, claimed.model.fingerprint) == (
        found.task.id,
        found.task.fingerprint,
        found.model.fingerprint,
    )
    return same and next(differences(claimed, found), None) is None


def submitted_sources(
    root: Path, kept: Cache, *, recomputed: Path | None = None
) -> tuple[Source, ...]:
    """Every submission below a folder, in order of ids; ``kept`` holds what earlier builds read.

    ``recomputed`` is what ``marginbench validate --recomputed`` wrote. Raises
    :class:`InvalidError` for whatever is no submission.
    """
    standings, earlier = read_status(root / STATUS_FILE), read_earlier(root)
    return tuple(
        _submitted(found.folder, found.manifest, standings, recomputed, earlier)
        for found in read_all(root, each=remembering(kept))
    )


def forced_sources(
    root: Path, *, recomputed: Path | None = None
) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """As :func:`submitted_sources` without what cannot be read, and a line for each such thing."""
    forced = read_forced(root)
    faults = list(forced.faults)
    try:
        standings = read_status(root / STATUS_FILE)
    except InvalidError as error:
        standings = {}
        faults.append(str(error))
    sources = []
    for folder, manifest in forced.submissions:
        source = _submitted(folder, manifest, standings, recomputed)
        runs = []
        for run in source.runs:
            try:
                for read in read_source(Source(manifest, None, (run,))).runs:
                    read_tables(read.side)
            except InvalidError as error:
                faults.append(str(error))
            else:
                runs.append(run)
        sources.append(Source(source.manifest, source.standing, tuple(runs)))
    return tuple(sources), tuple(faults)


def _submitted(
    folder: Path,
    manifest: Manifest,
    standings: Mapping[str, Standing],
    recomputed: Path | None,
    earlier: Known | None = None,
) -> Source:
    runs, before = [], {}
    for run in manifest.runs:
        tables = None
        if recomputed is not None:
            place = recomputed / manifest.system / manifest.revision / slug(run.task)
            tables = place if (place / RECORD_FILE).is_file() else None
        if tables is None and earlier and recomputed is not None:
            before[run.task] = earlier_said(folder, manifest.id, run.task, earlier)
        runs.append(RunSource(record_file(folder, run.task), tables))
    return Source(manifest, standings.get(manifest.id), tuple(runs), before)


def local_sources(records: Path, *, scored_here: bool = False) -> tuple[Source, ...]:
    """Every run below a folder, grouped by model. Each model is a system of its own.

    ``scored_here`` says that their figures were computed here from the answers, by whoever asks.

    Files of answers, and what was fitted to each task, differ from task to task: they are one
    system by their name, unless two of them did the same work.

    Raises :class:`UsageError` when there is no such folder and :class:`InvalidError` naming the
    file when a record is broken.
    """
    found = [(path, read_record(path)) for path in record_files(records)]
    return _grouped(found, scored_here=scored_here)


def _grouped(
    found: Sequence[tuple[Path, Record]], *, scored_here: bool = False
) -> tuple[Source, ...]:
    groups = sorted(_by_system(found), key=lambda runs: _order(runs[0][1]))
    firsts = [min((record for _, record in runs), key=lambda r: r.created) for runs in groups]
    slugs = [_model_slug(first) for first in firsts]
    names = [first.model.name for first in firsts]
    return tuple(
        _local(
            slug if slugs.count(slug) == 1 else _twin(slug, first),
            first.model.name if names.count(first.model.name) == 1 else which(first),
            runs,
            scored_here=scored_here,
        )
        for slug, first, runs in zip(slugs, firsts, groups, strict=True)
    )


def forced_local_sources(records: Path) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """As :func:`local_sources` without runs that cannot be read, and a line for each of them."""
    found: list[tuple[Path, Record]] = []
    faults = []
    for path in record_files(records):
        try:
            record = read_record(path)
            read_tables(load_run(RunSource(path, path.parent), record=record))
            asked_beside(path.parent, record)
        except InvalidError as error:
            faults.append(str(error))
        else:
            found.append((path, record))
    return _grouped(found), tuple(faults)


def _by_system(found: Sequence[tuple[Path, Record]]) -> list[list[tuple[Path, Record]]]:
    named: dict[tuple[str, str], list[tuple[Path, Record]]] = {}
    for path, record in found:
        model = record.model
        own = model.name if model.adapter in _BY_NAME else model.fingerprint
        named.setdefault((model.adapter, own), []).append((path, record))
    groups: dict[tuple[str, str], list[tuple[Path, Record]]] = {}
    for key, runs in named.items():
        models: dict[tuple[str, str, int | None], set[str]] = {}
        for _, record in runs:
            work = record.task.id, record.task.fingerprint, record.task.limit
            models.setdefault(work, set()).add(record.model.fingerprint)
        apart = any(len(known) > 1 for known in models.values())
        for path, record in runs:
            name = (key[0], record.model.fingerprint) if apart else key
            groups.setdefault(name, []).append((path, record))
    return list(groups.values())


def _order(record: Record) -> tuple[str, str]:
    return (record.model.name.casefold(), record.model.fingerprint)


def _model_slug(record: Record) -> str:
    return to_slug(record.model.name) or "model"


def _twin(name: str, record: Record) -> str:
    return to_slug(f"{name[:50]}-{record.model.fingerprint[:8]}")


def _local(
    model: str, name: str, runs: Sequence[tuple[Path, Record]], *, scored_here: bool
) -> Source:
    ordered = sorted(runs, key=lambda run: (run[1].task.id, run[1].task.fingerprint, str(run[0])))
    first = ordered[0][1]
    day = max(record.created for _, record in ordered)[:10]
    manifest = Manifest.model_construct(
        schema_version=1,
        org=LOCAL,
        model=model,
        revision=to_slug(f"r{first.model.fingerprint[:11]}") or "r",
        name=name or "model",
        description="",
        licence=NOT_STATED,
        contact=NOT_STATED,
        date=day,
        parameters=None,
        predecessor=None,
        trained_on=[],
        control=None,
        links={},
        runs=[_again(path, record) for path, record in ordered],
        larger=[],
    )
    sources = tuple(RunSource(path, path.parent) for path, _ in ordered)
    return Source(manifest, None, sources, scored_here=scored_here)


def _again(path: Path, record: Record) -> RunAgain:
    asked = asked_beside(path.parent, record)
    return RunAgain.model_construct(
        task=record.task.id,
        adapter=record.model.adapter,
        checkpoint=record.model.checkpoint,
        options=dict(record.model.options),
        command=command_of(record, _unnamed(record) if asked is None else asked),
    )


def _unnamed(record: Record) -> dict[str, str]:
    """What must have been given for a record whose manifest is not there, under other words."""
    own_data = {} if place_of(record.task.id) else {"data": DATA}
    return own_data | ({"first_stage": RUN_FILE} if own_lists(record) else {})
