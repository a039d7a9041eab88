"""Scoring without a model: finished run folders, and predictions made elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from harness.data import ItemData, RankingData
from harness.environment import describe_environment
from harness.errors import InvalidError, UsageError
from harness.files import make_folder, sha256_file, write_atomic
from harness.fingerprint import model_fingerprint
from harness.nouns import LoadRequest, Task
from harness.predictions.answers import answer_of
from harness.predictions.answers.base import Rows
from harness.predictions.of_task import answers_bytes, in_order, read_answers
from harness.predictions.table import refuse_constant
from harness.predictions.trec_ids import renamed
from harness.records.provenance import manifest_of, read_asked, read_provenance
from harness.records.record import Environment, ModelRef, Record
from harness.records.score import score_folder
from harness.records.signed import SIGNED, check_predictions
from harness.runs.folder import MANIFEST_FILE, RunFolder, read_json, run_folder
from harness.tasks.load import LoadedTask, load_task


def score_runs(
    paths: Sequence[Path],
    find_task: Callable[[str], Task],
    *,
    data: Path | None,
    accept_changed: bool = False,
) -> list[tuple[RunFolder, Record]]:
    """Score every run folder at or below ``paths`` again, from its predictions.

    ``data`` replaces the data folder the run was made with. Raises :class:`InvalidError` when
    the task's data are no longer what the run was made on, and when the predictions are no longer
    those of the run or its record, unless ``accept_changed``.
    """
    folders = [folder for path in paths for folder in run_folders(path)]
    return [(folder, _score_run(folder, find_task, data, accept_changed)) for folder in folders]


def run_folders(path: Path) -> list[RunFolder]:
    """The run folders at or below a path, sorted; :class:`UsageError` when there is none."""
    found = sorted(manifest.parent for manifest in path.rglob(MANIFEST_FILE))
    if not found:
        raise UsageError(f"{path} holds no run (no {MANIFEST_FILE} at or below it)")
    return [RunFolder(folder) for folder in found]


def _score_run(
    folder: RunFolder, find_task: Callable[[str], Task], data: Path | None, accept_changed: bool
) -> Record:
    asked = read_asked(folder)
    request = asked.request if data is None else replace(asked.request, data=data)
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
) -> tuple[RunFolder, Record]:
    """Score a file of predictions and write a run folder for it.

    Parquet, for candidates of queries also a TREC run, for single items also CSV or JSON.
    ``comparable`` says that one threshold on the scores could serve all queries, ``direction``
    which scores mean more of what the task asks (``"higher"`` or ``"lower"``).

    Raises :class:`InvalidError` or :class:`~harness.errors.IncompleteError` when the file does
    not cover the task's candidates exactly once with finite, non-constant scores.
    """
    loaded = load_task(task, request)
    scores = read_scores(predictions, loaded)
    if isinstance(loaded.data, RankingData):
        refuse_constant(scores)
    model = _model_ref(predictions, model_name, comparable, direction)
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
        return folder, score_folder(folder, loaded, read_provenance(folder, loaded))


def read_scores(path: Path, loaded: LoadedTask) -> Rows:
    """Rows of a predictions file or TREC run in the canonical order of a task."""
    if path.suffix == ".parquet":
        return read_answers(path, loaded)
    if isinstance(loaded.data, ItemData):
        items, rows = answer_of(loaded.task, loaded.data).read_file(path)
        return in_order(loaded, {"item": items}, rows)
    from harness.tasks.trec import read_run

    wanted, run = loaded.data.keys(), read_run(path)
    queries = renamed(run.queries, wanted["group"], path)
    keys = {
        "group": [queries[code] for code in run.query_codes],
        "item": renamed(run.documents.to_pylist(), wanted["item"], path),
    }
    return in_order(loaded, keys, np.asarray(run.scores, dtype=np.float32))


def _model_ref(path: Path, name: str, comparable: bool, direction: str) -> ModelRef:
    weights = sha256_file(path)
    options = {"comparable": comparable, "direction": direction}
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
        details={"file_sha256": weights},
        capability=None,
        scores_compare_across_queries=comparable,
        direction=direction,
    )


def _scored(folder: RunFolder) -> dict[str, object]:
    # Scoring the same file again must give the same bytes, so the first date stays.
    if folder.manifest.exists():
        earlier = read_json(folder.manifest).get("scored")
        if isinstance(earlier, dict):
            return earlier
    environment = Environment.model_validate(describe_environment())
    return {
        "environment": environment.model_dump(mode="json"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
