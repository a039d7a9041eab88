"""Which formats there are: a line for each."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import UsageError, did_you_mean
from harness.exchange.base import Format
from harness.registry import Lazy

FORMATS: dict[str, Lazy] = {
    "eee": Lazy("harness.exchange.eee:FORMAT"),
    "eval-results": Lazy("harness.exchange.hub:EVAL_RESULTS"),
    "model-index": Lazy("harness.exchange.hub:MODEL_INDEX"),
    "card": Lazy("harness.exchange.card:FORMAT"),
    "mteb": Lazy("harness.exchange.mteb:FORMAT"),
    "lm-eval": Lazy("harness.exchange.lm_eval:FORMAT"),
    "inspect": Lazy("harness.exchange.inspect_log:FORMAT"),
    "nemo": Lazy("harness.exchange.nemo:FORMAT"),
    "raid": Lazy("harness.exchange.raid:FORMAT"),
    "croissant": Lazy("harness.exchange.croissant:FORMAT"),
    "trec": Lazy("harness.exchange.trec:FORMAT"),
}
"""Name on the command line -> :class:`~harness.exchange.base.Format`."""


def format_named(name: str, *, writes: bool) -> Format:
    """The format of that name. Raises :class:`UsageError` where it has no such direction."""
    known = {key: lazy.load() for key, lazy in FORMATS.items()}
    fit = [key for key, one in known.items() if (one.write if writes else one.read) is not None]
    if name in fit:
        found: Format = known[name]
        return found
    verb = "written" if writes else "read"
    if name in known:
        raise UsageError(f"{name} is not {verb} here", fix=f"Known: {', '.join(fit)}")
    raise UsageError(f"unknown format {name!r}", fix=did_you_mean(name, fit))


def told_options(name: str, form: Format, given: Iterable[str]) -> dict[str, str]:
    """What was said with ``--option``. Raises :class:`UsageError` for a key that it has not."""
    told: dict[str, str] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or not value.strip():
            raise UsageError(f"--option {one!r} is not KEY=VALUE")
        if key not in form.options:
            raise UsageError(
                f"{name} has no option {key!r}",
                fix=did_you_mean(key, form.options) or f"{name} has none",
            )
        if key in told:
            raise UsageError(f"--option {key} is given twice")
        told[key] = value.strip()
    return told
