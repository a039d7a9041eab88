"""Scoring without a model: finished run folders, and predictions made elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from harness.data import ItemData, RankingData
from harness.data.asked import Draws, LoadRequest
from harness.environment import describe_environment
from harness.errors import InvalidError, UsageError
from harness.files import make_folder, sha256_file, write_atomic
from harness.fingerprint import model_fingerprint
from harness.nouns import Task
from harness.predictions.answers import answer_of
from harness.predictions.answers.base import Rows
from harness.predictions.of_task import answers_bytes, in_order, read_answers
from harness.predictions.own_lists import fitted, recorded
from harness.predictions.table import read_predictions, refuse_constant, scored_run
from harness.predictions.trec_ids import renamed
from harness.records.provenance import keep_metrics, manifest_of, read_asked, read_provenance
from harness.records.record import ModelRef, Record
from harness.records.run_info import Environment
from harness.records.score import score_folder
from harness.records.signed import SIGNED, check_predictions
from harness.runs.folder import MANIFEST_FILE, RunFolder, read_manifest, run_folder
from harness.runs.shards import identity_of, shard_folders, shard_in, unmerged
from harness.strict_json import Json
from harness.tasks.load import LoadedTask, load_task
from harness.tasks.selection import checked_metrics


class Read(NamedTuple):
    """Rows in a task's order, and what a record tells of how the file was fitted to it.

    ``sha256`` is that of the file where it was taken as it was read.
    """

    rows: Rows
    told: Mapping[str, Json]
    sha256: str = ""


NOTHING: Mapping[str, str] = MappingProxyType({})


def score_runs(
    paths: Sequence[Path],
    find_task: Callable[[str], Task],
    *,
    data: Path | None,
    accept_changed: bool = False,
    metrics: Sequence[str] = (),
    draws: Draws | None = None,
) -> list[tuple[RunFolder, Record]]:
    """Score every run folder at or below ``paths`` again, from its predictions.

    ``data`` replaces the data folder the run was made with. Raises :class:`InvalidError` when
    the task's data are no longer what the run was made on, and when the predictions are no longer
    those of the run or its record, unless ``accept_changed``. ``metrics`` are computed beside those
    that the run has, and ``draws`` are in place of its own; they are its own from then on.
    """
    folders = [folder for path in paths for folder in run_folders(path)]
    checked_metrics(tasks_of(paths, find_task) if metrics else [], metrics)
    return [
        (folder, _score_run(folder, find_task, data, accept_changed, metrics, draws))
        for folder in folders
    ]


def tasks_of(paths: Sequence[Path], find_task: Callable[[str], Task]) -> list[Task]:
    """The tasks of every run folder at or below ``paths``."""
    return [find_task(read_asked(one).task) for path in paths for one in run_folders(path)]


def run_folders(path: Path) -> list[RunFolder]:
    """The run folders at or below a path, sorted; :class:`UsageError` when there is none.

    Raises :class:`~harness.errors.IncompleteError` for shards whose whole run is not there.
    """
    found = sorted(manifest.parent for manifest in path.rglob(MANIFEST_FILE))
    if not found:
        raise UsageError(f"{path} holds no run (no {MANIFEST_FILE} at or below it)")
    whole = [RunFolder(folder) for folder in found if shard_in(folder) is None]
    known = {identity_of(run) for run in whole}
    alone = [run for run in shard_folders(path) if identity_of(run) not in known]
    if alone:
        raise unmerged(path, alone)
    return whole


def _score_run(
    folder: RunFolder,
    find_task: Callable[[str], Task],
    data: Path | None,
    accept_changed: bool,
    metrics: Sequence[str],
    draws: Draws | None,
) -> Record:
    asked = read_asked(folder)
    draws = asked.request.draws if draws is None else draws
    named = tuple(dict.fromkeys((*asked.request.metrics, *metrics)))
    request = replace(
        asked.request,
        data=data or asked.request.data,
        metrics=named,
        draws=draws,
        contents=False,
    )
    if data is None and request.data is not None and not request.data.exists():
        raise UsageError(
            f"{folder.path}: its data were at {request.data}, where nothing is now",
            fix=f"Say where they are: marginbench score {folder.path} --data PATH",
        )
    loaded = load_task(find_task(asked.task), request)
    if loaded.fingerprint != asked.fingerprint:
        raise InvalidError(
            f"{folder.path}: the data of {loaded.task.id} are not those of the run "
            f"(fingerprint {loaded.fingerprint[:8]}, run {asked.fingerprint[:8]})",
            fix="Give the run's own data with --data DIR, or evaluate again",
        )
    with folder.locked():
        if not accept_changed:
            check_predictions(folder)
        if (named, draws) != (asked.request.metrics, asked.request.draws):
            keep_metrics(folder, named, draws)
        return score_folder(folder, loaded, read_provenance(folder, loaded))


def score_file(
    task: Task,
    request: LoadRequest,
    *,
    predictions: Path,
    model_name: str,
    comparable: bool,
    direction: str,
    out: Path,
    columns: Mapping[str, str] | None = None,
) -> tuple[RunFolder, Record]:
    """Score a file of predictions and write a run folder for it.

    Parquet, for candidates of queries also a TREC run, for single items also CSV or JSON.
    ``comparable`` says that one threshold on the scores could serve all queries, ``direction``
    which scores mean more of what the task asks (``"higher"`` or ``"lower"``). ``columns`` names
    the columns of roles in a table of single items.

    What the task's own rules take out of a run is dropped and counted; what the run says nothing
    of follows ``request.missing``.

    Raises :class:`InvalidError` or :class:`~harness.errors.IncompleteError` when the file does
    not cover the task's candidates exactly once with finite, non-constant scores.
    """
    if direction != "higher" and task.asks != "score":
        raise UsageError(
            f"--direction means nothing to {task.id}, which asks for no scores",
            fix="Leave out --direction",
        )
    request = replace(request, contents=False)
    loaded = load_task(task, request)
    read = read_scores(predictions, loaded, missing=request.missing, columns=columns or {})
    scores = read.rows
    if isinstance(loaded.data, RankingData):
        refuse_constant(scores)
    model = _model_ref(predictions, model_name, comparable, direction, read)
    folder = run_folder(
        out,
        model=model.name,
        model_fingerprint=model.fingerprint,
        task=loaded.task.id,
        task_fingerprint=loaded.fingerprint,
    )
    make_folder(folder.path)
    with folder.locked():
        answers = answers_bytes(loaded, scores, model_fingerprint=model.fingerprint)
        signed = {"scored": _scored(folder), SIGNED: hashlib.sha256(answers).hexdigest()}
        folder.open({**manifest_of(model, loaded, request), **signed})
        write_atomic(folder.predictions, answers)
        made = read_provenance(folder, loaded)
        return folder, score_folder(folder, loaded, made, written=True)


def read_scores(
    path: Path,
    loaded: LoadedTask,
    *,
    missing: str = "error",
    columns: Mapping[str, str] = NOTHING,
) -> Read:
    """Rows of a predictions file or TREC run in the canonical order of a task.

    ``missing`` says what becomes of candidates that a run says nothing of
    (:func:`harness.predictions.own_lists.fitted`).
    """
    if isinstance(loaded.data, ItemData):
        if path.suffix == ".parquet" and not columns:  # what is named goes before what is known
            return Read(read_answers(path, loaded, columns=columns), {})
        names, rows = answer_of(loaded.task, loaded.data).read_file(path, columns)
        return Read(in_order(loaded, {"item": names}, rows), {})
    assert isinstance(loaded.data, RankingData), "there are no other kinds"
    if columns:
        raise UsageError(
            "--predictions-column means nothing to lists of candidates, whose columns have names",
            fix="Call the columns group, item and score, and leave out --predictions-column",
        )
    groups, items, scores, sha256 = _pairs(path, loaded)
    found = fitted(loaded.data, groups, items, scores, missing=missing)
    return Read(in_order(loaded, found.keys, found.scores), recorded(missing, found), sha256)


def _pairs(path: Path, loaded: LoadedTask) -> tuple[Sequence[str], Sequence[str], Rows, str]:
    """Queries, documents and scores of a run, by the task's own names; and the file's digest."""
    wanted = loaded.data.keys()
    failed = loaded.on_error == "worst-rank"
    if path.suffix == ".parquet":
        answer = answer_of(loaded.task, loaded.data)
        table = read_predictions(path, tuple(wanted), answer, failed=failed)
        return table.keys["group"], table.keys["item"], table.scores, ""
    run = scored_run(path, failed=failed)
    groups = renamed(run.query_ids(), wanted["group"], path)
    items = renamed(run.document_ids(), wanted["item"], path)
    return groups, items, run.scores, run.sha256


def _model_ref(path: Path, name: str, comparable: bool, direction: str, read: Read) -> ModelRef:
    told, weights = read.told, read.sha256 or sha256_file(path)
    # What follows the ranked candidates by our own rule has no score that compares.
    comparable = comparable and told.get("missing") != "first-stage"
    options: dict[str, Json] = {"comparable": comparable, "direction": direction}
    if "missing" in told:  # other answers to the same task
        options["missing"] = told["missing"]
    if direction == "higher":  # as before there was a choice, so that fingerprints stay
        del options["direction"]
    return ModelRef(
        name=name,
        revision=None,
        adapter="predictions",
        checkpoint=path.name,
        options=options,
        dtype=None,
        trust_remote_code=False,
        fingerprint=model_fingerprint(
            adapter="predictions", weights=weights, options=options, dtype=None
        ),
        details={"file_sha256": weights, **told},
        capability=None,
        scores_compare_across_queries=comparable,
        direction=direction,
    )


def _scored(folder: RunFolder) -> dict[str, object]:
    # Scoring the same file again must give the same bytes, so the first date stays.
    if folder.manifest.exists():
        earlier = read_manifest(folder.manifest).get("scored")
        if isinstance(earlier, dict):
            return earlier
    environment = Environment.model_validate(describe_environment())
    return {
        "environment": environment.model_dump(mode="json"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
