"""``bm25``: the BM25 first stage itself, as the baseline row.

It differs from ``first-stage`` in name only: it is accepted for tasks whose first stage is BM25, so
that no run file of another method can stand in a table under this name.
"""

from __future__ import annotations

from harness.adapters.first_stage import first_stage_adapter

ADAPTER = first_stage_adapter("bm25", "the BM25 first stage itself, unchanged", only="bm25")
