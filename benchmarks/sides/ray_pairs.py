"""One side of ``ray_overhead.py`` and ``scaling.py``: 50,000 pairs scored by workers, timed.

``ray_pairs.py SIDE PAIRS WORKERS MODEL.py FOLDER``; SIDE is ``bare`` (Ray Data's ``map_batches``
with a class of actors), ``checkpoint`` (the same, written to Parquet with ``CheckpointConfig``),
``ray`` (our crew of actors), or ``local`` (our crew of processes). What is timed begins with the
pairs in memory and no worker, and ends with every score here; ours also keeps each part in the run
folder. Start and end of Ray are left out, and so is what ours measures beside the work.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

CANDIDATES, DOCUMENTS, WORDS = 100, 5_000, 180
BLOCKS, BATCH = 64, 256


def lists(pairs: int) -> Any:
    """Made lists of 100 documents of about 1,200 characters, as those of SciFact have."""
    from harness.data import FirstStage, Group, RankingData

    chosen = random.Random(7)
    words = [f"{chosen.getrandbits(28):x}"[:6] for _ in range(2_000)]
    documents = {f"d{i}": " ".join(chosen.choices(words, k=WORDS)) for i in range(DOCUMENTS)}
    names = list(documents)
    groups = tuple(
        Group(f"q{q}", " ".join(chosen.choices(words, k=12)),
              tuple(chosen.sample(names, CANDIDATES)),
              tuple(float(CANDIDATES - c) for c in range(CANDIDATES)), f"q{q}")
        for q in range(pairs // CANDIDATES)
    )  # fmt: skip
    return RankingData(groups, documents, {}, FirstStage("made", CANDIDATES, {}))


class Scorer:
    """What Ray Data's actors hold: the same code as ours."""

    def __init__(self, source: str) -> None:
        space: dict[str, Any] = {"__file__": source}
        exec(compile(Path(source).read_text(), source, "exec"), space)
        self.score = space["score_pairs"]

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Scores of one batch, with the numbers of its rows."""
        pairs = list(zip(batch["query"].tolist(), batch["text"].tolist(), strict=True))
        return {"row": batch["row"], "score": np.asarray(self.score(pairs), dtype=np.float32)}


def by_ray_data(data: Any, workers: int, source: str, kept: str | None) -> tuple[Any, float]:
    """Every score in order, and the seconds that it took."""
    import pyarrow as pa
    import ray

    pairs = [(g.query, data.documents[d]) for g in data.groups for d in g.candidates]
    columns = {"row": list(range(len(pairs))), "query": [q for q, _ in pairs],
               "text": [t for _, t in pairs]}  # fmt: skip
    table, size = pa.table(columns), -(-len(pairs) // BLOCKS)
    ray.init(address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    if kept is not None:
        from ray.data.checkpoint import CheckpointConfig

        context.checkpoint_config = CheckpointConfig(id_column="row", checkpoint_path=f"{kept}/c")
    start = time.perf_counter()
    blocks = [table.slice(at, size) for at in range(0, len(pairs), size)]
    scored = ray.data.from_arrow(blocks).map_batches(
        Scorer, fn_constructor_args=(source,), batch_size=BATCH, num_cpus=1,
        compute=ray.data.ActorPoolStrategy(size=workers),
    )  # fmt: skip
    if kept is not None:
        scored.write_parquet(f"{kept}/scores")
        import pyarrow.parquet as pq

        found = pq.read_table(f"{kept}/scores")
        rows, scores = found["row"].to_numpy(), found["score"].to_numpy()
    else:
        got = list(scored.iter_batches(batch_size=None))
        rows = np.concatenate([one["row"] for one in got])
        scores = np.concatenate([one["score"] for one in got])
    scores = scores[np.argsort(rows)]
    seconds = time.perf_counter() - start
    ray.shutdown()
    return scores, seconds


def by_ours(data: Any, workers: int, source: str, folder: str, side: str) -> tuple[Any, float]:
    """The same by a crew; what it measures beside the work is not counted."""
    from harness.engine.cluster.asked import Cluster
    from harness.engine.cluster.start import ray_crew
    from harness.engine.crew import Crew
    from harness.engine.named import prepare_model
    from harness.engine.run import run_task
    from harness.runs.batches import batch_settings
    from harness.runs.folder import RunFolder
    from harness.tasks.load import LoadedTask
    from harness.tasks.selection import find_task

    task = find_task("reranking/folder")
    model = prepare_model(f"python:{source}", (), dtype="auto", tasks=[task])
    crew: Any
    if side == "ray":
        asked = Cluster("local", workers, 0)
        crew = ray_crew(asked, model, device="cpu", tokens=None, items=None, quiet=True)
        crew._session.open()
    else:
        crew = Crew(model.spec, ["cpu"] * workers, batch_settings("cpu", None, None))
    measured = [0.0]
    state = crew.state

    def timed(*arguments: Any) -> Any:
        start = time.perf_counter()
        try:
            return state(*arguments)
        finally:
            measured[0] += time.perf_counter() - start

    crew.state = timed
    Path(folder).mkdir(parents=True, exist_ok=True)
    with crew:
        start = time.perf_counter()
        loaded = LoadedTask(task, data, "made", None)
        done = run_task(crew, RunFolder(Path(folder)), loaded, capability="score_pairs", title=None)
        seconds = time.perf_counter() - start - measured[0]
    return done.rows, seconds


def main() -> None:
    """Run one side and print what it took."""
    side, pairs, workers, source, folder = sys.argv[1:]
    data = lists(int(pairs))
    if side in ("ray", "local"):
        scores, seconds = by_ours(data, int(workers), source, folder, side)
    else:
        kept = folder if side == "checkpoint" else None
        scores, seconds = by_ray_data(data, int(workers), source, kept)
    told = hashlib.sha256(np.ascontiguousarray(scores, dtype=np.float32).tobytes()).hexdigest()
    print(json.dumps({"seconds": seconds, "pairs": len(scores), "scores": told[:16]}))


if __name__ == "__main__":
    main()
