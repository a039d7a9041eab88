"""Which of the outputs of a pair scorer says relevant: declared or told, never guessed."""

from __future__ import annotations

from collections.abc import Mapping

from harness.errors import UsageError

POSITIVE_NAMES = frozenset({"relevant", "positive", "yes", "true"})
"""Label names that declare themselves positive; anything else needs ``positive_label``."""


def positive_output(labels: Mapping[int, str], wanted: str) -> int | None:
    """Number of the positive output of two; ``None`` when the model has only one output.

    Raises :class:`UsageError` when there are more than two, or when neither the option nor the
    names in the checkpoint's ``id2label`` say which is positive. Nothing is guessed.
    """
    if len(labels) == 1:
        if wanted:
            raise UsageError("positive_label is for models of two outputs; this one has one")
        return None
    named = ", ".join(f"{number}={labels[number]}" for number in sorted(labels))
    if len(labels) > 2:
        raise UsageError(f"a pair scorer has one or two outputs; this model has {named}")
    if wanted:
        found = [n for n, name in labels.items() if wanted == name] or [
            n for n in labels if wanted == str(n)
        ]
    else:
        found = [n for n, name in labels.items() if name.lower() in POSITIVE_NAMES]
    if len(found) == 1:
        return found[0]
    problem = f"has no label {wanted!r}" if wanted else "does not say which means relevant"
    raise UsageError(
        f"the model has two outputs ({named}) and {problem}",
        fix="Look up in the model's card which means relevant, and name it: --option "
        + " or --option ".join(f"positive_label={number}" for number in sorted(labels)),
    )
