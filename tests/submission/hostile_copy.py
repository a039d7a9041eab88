"""A submission whose answers are another's with a little noise, and whose figures follow."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.records.record import read_record, to_json
from harness.records.scored import Scoring
from harness.submission.catalogue.places import place_of
from harness.submission.evidence.tables import columns_of, read_evidence
from harness.submission.recompute.rescoring import record_of
from harness.submission.recompute.tasks import TaskLoader
from harness.tasks.load import LoadedTask
from tests.submission.conftest import LATER
from tests.submission.hostile_seed import edit_text


def noisy(source: Path, root: Path, *, org: str, model: str, noise: float = 1e-6) -> Path:
    """Copy a submission of scores under another name, with noise in every score."""
    target = root / f"{org}__{model}" / source.name
    shutil.copytree(source, target)
    said = {line.partition(" = ")[0]: line for line in
            (source / "submission.toml").read_text().splitlines()}  # fmt: skip
    changes = {"date": LATER, "org": org, "model": model, "name": f"{org} {model}"}
    edit_text(
        target / "submission.toml",
        {said[key]: f"{key} = {json.dumps(value)}" for key, value in changes.items()},
    )
    (path,) = (target / "records").iterdir()
    (table,) = (target / "predictions").iterdir()
    read = pq.read_table(table)
    values = np.asarray(read["score"].to_pylist(), np.float64)
    drawn = np.random.default_rng(1).normal(size=len(values)) * noise * values.std()
    pq.write_table(pa.table({"score": pa.array(values + drawn, pa.float64())}), table)
    claimed = read_record(path)
    place = place_of(claimed.task.id)
    assert place is not None
    assert place.task is not None
    loaded = TaskLoader(None).load(place, on_error="error")
    assert isinstance(loaded, LoadedTask)
    rows = read_evidence(table, columns_of(place.task, place.suite)[""], loaded)
    scored = place.task.score(place.task, loaded.data, rows, Scoring())
    record = record_of(claimed, loaded, scored)
    assert record.predictions is not None
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    named = record.predictions.model_copy(update={"sha256": digest})
    path.write_text(to_json(record.model_copy(update={"predictions": named})))
    return target
