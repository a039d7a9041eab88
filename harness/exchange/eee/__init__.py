"""Every Eval Ever 0.3: a JSON of figures with their uncertainty, and a file with a row per item.

Schema: ``every_eval_ever`` 0.3.0 on PyPI (EvalEval coalition, MIT; arXiv 2606.14516). Its files lie
at ``data/COLLECTION/DEVELOPER/MODEL/UUID.json``, those of items beside them as
``UUID_samples.jsonl``.
"""

from __future__ import annotations

from harness.exchange.base import Format
from harness.registry import Lazy

SCHEMA_VERSION = "0.3.0"
SAMPLES = "_samples.jsonl"

FORMAT = Format(
    title="Every Eval Ever 0.3: figures with intervals, and values of items",
    write=Lazy("harness.exchange.eee.writing:write"),
    read=Lazy("harness.exchange.eee.reading:read"),
    options={
        "developer": "who made the model; without it, the first part of a name such as ORG/MODEL",
        "organization": "who ran the evaluation",
        "relationship": "first_party, third_party, collaborative or other",
        "availability": "open_weights, closed_weights or unknown",
    },
)
