"""Which of the outputs of a pair scorer says relevant: declared or told, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import UsageError

POSITIVE_NAMES = frozenset({"relevant", "positive", "yes", "true"})
"""Label names that declare themselves positive; anything else needs ``positive_label``."""


def output_names(named: Mapping[Any, Any]) -> dict[int, str]:
    """Names of outputs by their numbers, as ``id2label`` of a configuration has them.

    Raises :class:`UsageError` where they are not counted from 0: of a list that begins at 1 nobody
    can tell which output a name is of.
    """
    found = {int(number): str(name) for number, name in named.items()}
    if found.keys() != set(range(len(found))):
        raise UsageError(
            f"the checkpoint numbers its outputs {_named(found)[:200]} (id2label)",
            fix="Number them 0 to n - 1 in config.json, in the order of the head's rows",
        )
    return found


def positive_output(
    labels: Mapping[int, str],
    wanted: str,
    *,
    option: str = "positive_label",
    means: str = "relevant",
) -> int | None:
    """Number of the positive output of two; ``None`` when the model has only one output.

    Raises :class:`UsageError` when there are more than two, or when neither the option nor the
    names in the checkpoint's ``id2label`` say which is positive. Nothing is guessed. ``option`` is
    what the option is called, ``means`` what that output says.
    """
    if len(labels) == 1:
        if wanted:
            raise UsageError(f"{option} is for models of two outputs; this one has one")
        return None
    if len(labels) > 2:
        raise UsageError(f"a pair scorer has one or two outputs; this model has {_named(labels)}")
    found = _called(labels, wanted) if wanted else [
        n for n, name in labels.items() if name.lower() in POSITIVE_NAMES
    ]  # fmt: skip
    if len(found) == 1:
        return found[0]
    problem = f"has no label {wanted!r}" if wanted else f"does not say which means {means}"
    raise UsageError(
        f"the model has two outputs ({_named(labels)}) and {problem}",
        fix=f"Look up in the model's card which means {means}, and name it: --option "
        + " or --option ".join(f"{option}={number}" for number in sorted(labels)),
    )


def named_output(labels: Mapping[int, str], wanted: str, *, option: str) -> int:
    """Number of the output of that name or number; :class:`UsageError` where there is none."""
    found = _called(labels, wanted) if wanted else []
    if len(found) == 1:
        return found[0]
    problem = f"none of them is {wanted!r}" if wanted else "none of them is said to be the score"
    raise UsageError(
        f"the model has {len(labels)} outputs ({_named(labels)[:200]}), and {problem}",
        fix=f"Look up in the model's card which is the score, and name it: --option {option}="
        f"{min(labels)}",
    )


def _called(labels: Mapping[int, str], wanted: str) -> list[int]:
    return [n for n, name in labels.items() if wanted == name] or [
        n for n in labels if wanted == str(n)
    ]


def _named(labels: Mapping[int, str]) -> str:
    return ", ".join(f"{number}={labels[number]}" for number in sorted(labels))
