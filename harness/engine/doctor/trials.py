"""What to change at one door to see whether the other was asked that way: the known causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.adapters.base import Adapter
from harness.adapters.options import FREE
from harness.strict_json import Json

TOLD_OFF = ("none", "plain")
"""Values that switch off what a checkpoint declares."""

SWAPPED = "query and document the wrong way round"


@dataclass(frozen=True, slots=True)
class Change:
    """Options to set at one door. ``means`` is what follows for the other, named ``{other}``.

    ``undoes`` are values of the first option that the change takes back; without them it is for
    doors whose first option is none of :data:`TOLD_OFF`.
    """

    options: tuple[tuple[str, str], ...]
    means: str
    undoes: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """Such as ``template=none``."""
        return ", ".join(f"{name}={value}" for name, value in self.options)

    def differs_from(self, values: Mapping[str, Json]) -> bool:
        """Whether a door with these values can be asked this way, and is not already."""
        first = str(values.get(self.options[0][0], ""))
        if (first in self.undoes) != bool(self.undoes):
            return False
        if not self.undoes and first in TOLD_OFF:
            return False
        return any(str(values.get(name, "")) != value for name, value in self.options)


_TEMPLATE = "the chat template is missing at {other}"
_CHANGES = (
    Change((("template", "none"),), _TEMPLATE),
    Change((("template", "plain"),), _TEMPLATE),
    Change(
        (("template", "auto"),),
        "{other} uses the chat template, and {side} was told not to",
        TOLD_OFF,
    ),
    Change(
        (("query_prompt", "none"), ("document_prompt", "none")),
        "the prompts are missing at {other}",
    ),
    Change(
        (("query_prompt", "none"),), "the query's prompt (its instruction) is missing at {other}"
    ),
    Change((("document_prompt", "none"),), "the documents' prompt is missing at {other}"),
    Change(
        (("query_prompt", ""), ("document_prompt", "")),
        "{other} puts the checkpoint's own prompts before texts, and {side} was told not to",
        TOLD_OFF,
    ),
    Change((("instruction", " "),), "the instruction is missing at {other}"),
    *(
        Change((("prompt", name),), f"{{other}} asks in the prompt {name}")
        for name in ("yes-no", "qwen3-reranker", "bge-gemma", "rankzephyr", "rankgpt")
    ),
    *(
        Change((("pooling", name),), f"{{other}} pools tokens by {name}")
        for name in ("mean", "cls", "lasttoken", "max")
    ),
)
_CUTS = tuple(
    Change((("max_length", str(tokens)),), f"{{other}} cuts texts at {tokens} tokens")
    for tokens in (512, 256, 128, 64)
)


def changes(adapter: Adapter, values: Mapping[str, Json], *, long_only: bool) -> Iterator[Change]:
    """Changes that an adapter's options allow, the likeliest first.

    With ``long_only`` only long texts differ, so lengths come first.
    """
    free = FREE in adapter.options
    ordered = (*_CUTS, *_CHANGES) if long_only else (*_CHANGES, *_CUTS)
    for change in ordered:
        known = free or all(name in adapter.options for name, _ in change.options)
        if known and change.differs_from(values):
            yield change
