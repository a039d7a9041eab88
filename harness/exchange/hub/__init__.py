"""What the Hugging Face hub keeps with a model: ``.eval_results/*.yaml``, and ``model-index``."""

from __future__ import annotations

from harness.exchange.base import Format
from harness.registry import Lazy

EVAL_RESULTS = Format(
    title="results as files of a model on the Hugging Face hub",
    write=Lazy("harness.exchange.hub.entries:write"),
    read=Lazy("harness.exchange.hub.entries:read"),
    options={
        "dataset": "the hub's data set, ORG/NAME, where the task's own data have none",
        "source": "https address of the evidence, such as the row's page",
        "name": "what the hub calls that address",
    },
)
MODEL_INDEX = Format(
    title="a model card's front matter (model-index)",
    write=Lazy("harness.exchange.hub.cards:write"),
    read=Lazy("harness.exchange.hub.cards:read"),
    options={"source": "https address of the evidence", "name": "what the card calls it"},
)
