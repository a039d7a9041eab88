"""Names to objects: built-in ``module:attr`` strings and entry points of other packages.

Nothing is imported until its name is asked for, and entry points are read only when a name is
not built in or when everything is listed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from harness.errors import MarginBenchError, SuiteError, UsageError, did_you_mean, printable

if TYPE_CHECKING:
    from harness.nouns import MetricCard, Suite

T = TypeVar("T")

LONGEST_REASON = 200
"""Letters shown of an error in code of others."""

SUITES = {
    "reranking": "suites.reranking:suite",
    "detection": "suites.detection:suite",
    "consistency": "suites.consistency:suite",
    "flips": "suites.flips:suite",
    "image-quality": "suites.image_quality:suite",
    "preference": "suites.preference:suite",
}
"""Built-in suites: name -> function that returns the suite."""

ANSWERS = {
    "score": "harness.predictions.answers.score:ScoreAnswer",
    "class": "harness.predictions.answers.classes:ClassAnswer",
    "embedding": "harness.predictions.answers.embedding:EmbeddingAnswer",
    "verdict": "suites.preference.answers.verdict:VerdictAnswer",
    "likelihood": "suites.preference.answers.likelihood:LikelihoodAnswer",
    "match": "suites.preference.answers.match:MatchAnswer",
}
"""What a task may ask of each item -> the :class:`~harness.predictions.answers.base.Answer`."""

BROUGHT = {
    "judge_texts": "suites.preference.answers.verdict:VerdictAnswer",
    "answer_likelihoods": "suites.preference.answers.likelihood:LikelihoodAnswer",
    "score_captions": "suites.preference.answers.match:MatchAnswer",
}
"""Capabilities beside those of :mod:`harness.capabilities` -> the answer that they give."""


@dataclass(frozen=True)
class Registry(Generic[T]):
    """Names of one kind of thing. ``group`` is the entry-point group for third parties.

    ``wanted`` is what an object has to be, where it is known here. ``aliases`` are further names
    of built-in ones: the object knows its own name alone.
    """

    kind: str
    builtin: Mapping[str, str]
    group: str
    wanted: type[T] | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """All names, built-in ones first, in order; a third party cannot replace a built-in."""
        return [*self.builtin, *sorted(self._plugins())]

    def get(self, name: str) -> T:
        """The object of that name.

        Raises :class:`UsageError` with the nearest known names when there is none, and when a
        third party's object cannot be imported.
        """
        name = self.aliases.get(name, name)
        if name in self.builtin:
            found: T = resolve(self.builtin[name])
            return found
        plugins = self._plugins()
        if name not in plugins:
            raise UsageError(
                f"unknown {self.kind} {name!r}",
                fix=did_you_mean(name, [*self.builtin, *self.aliases, *plugins]),
            )
        try:
            loaded: T = plugins[name].load()
        except (Exception, SystemExit) as error:  # code of others, run by importing it
            said = f"{self.kind} {name!r} ({plugins[name].value}) cannot be imported"
            raise UsageError(f"{said}: {_told(error)}") from error
        if self.wanted is not None and not isinstance(loaded, self.wanted):
            raise UsageError(
                f"{self.kind} {name!r} ({plugins[name].value}) is {type(loaded).__name__}, "
                f"no {self.wanted.__name__}"
            )
        return loaded

    def all(self) -> Iterator[tuple[str, T]]:
        """Every name with its object; what of somebody else cannot be had is warned of."""
        for name in self.names():
            try:
                yield name, self.get(name)
            except UsageError as error:
                if name in self.builtin:
                    raise
                warn(f"{error.message}; it is left out")

    def _plugins(self) -> dict[str, EntryPoint]:
        found = entry_points(group=self.group)
        taken = {*self.builtin, *self.aliases}
        return {point.name: point for point in found if point.name not in taken}


_SUITES: Registry[Any] = Registry("suite", SUITES, "marginbench.suites")


def answer_kinds() -> Registry[Any]:
    """Kinds of answers, by what tasks ask (entry-point group ``marginbench.answers``)."""
    return Registry("kind of answer", ANSWERS, "marginbench.answers")


def brought() -> Registry[Any]:
    """Capabilities that kinds of answers bring (entry-point group ``marginbench.capabilities``)."""
    return Registry("capability", BROUGHT, "marginbench.capabilities")


@dataclass(frozen=True, slots=True)
class Lazy:
    """A function or class known by ``module:attr``, imported when it is called or loaded.

    Two of one target are equal, and pickling keeps the name alone, so that a suite can be listed
    without importing what its functions need.
    """

    target: str

    def load(self) -> Any:
        """The object itself."""
        return resolve(self.target)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """What the object returns."""
        return self.load()(*arguments, **named)


def resolve(target: str) -> Any:
    """Import ``module:attr``."""
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


@contextmanager
def blaming(suite: str, what: str) -> Iterator[None]:
    """What ``what`` of a suite of somebody else raises is a :class:`SuiteError`, one line.

    Errors of built-in suites are ours and keep their traceback.
    """
    try:
        yield
    except MarginBenchError:
        raise
    except (Exception, SystemExit) as error:
        if suite in SUITES:
            raise
        raise SuiteError(f"suite {suite!r}: {what} failed with {_told(error)}") from error


def _told(error: BaseException) -> str:
    words = " ".join(str(error).split())  # those of a model's check stand on several lines
    return f"{type(error).__name__}: {words[:LONGEST_REASON]}"


def suites() -> list[Suite]:
    """Every suite, built-in ones first (entry-point group ``marginbench.suites``).

    One of somebody else that cannot be had is left out, with a warning.
    """
    return [suite for name in _SUITES.names() if (suite := suite_named(name)) is not None]


def suite_named(name: str) -> Suite | None:
    """The suite of that name without importing the others.

    ``None`` where none is registered, or one of somebody else cannot be had, which is warned of.
    """
    if name in SUITES:
        built_in: Suite = _SUITES.get(name)()
        return built_in
    if name not in _SUITES.names():
        return None
    try:
        with blaming(name, "its catalogue"):
            return _checked(name, _SUITES.get(name)())
    except UsageError as error:
        warn(f"{error.message}; it is left out")
        return None


def _checked(name: str, made: Any) -> Suite:
    """A suite of somebody else, if it is one."""
    from harness.nouns import MetricCard, Suite, Task

    if not isinstance(made, Suite):
        raise SuiteError(f"suite {name!r} is {type(made).__name__}, no harness.nouns.Suite")
    wrong: list[Any] = [t for t in made.tasks if not (isinstance(t, Task) and t.metrics)]
    wrong += [card for card in made.described if not isinstance(card, MetricCard)]
    if wrong:
        raise SuiteError(f"suite {name!r}: {str(wrong[0])[:80]!r} is no task with metrics, no card")
    return made


@lru_cache(maxsize=64)
def warn(text: str) -> None:
    """Say once in this process that something of others is passed over."""
    logging.getLogger("marginbench").warning("warning: %s", printable(text))


def suite_packages() -> list[str]:
    """The top-level packages that suites come from, third parties' among them."""
    targets = [*SUITES.values(), *(p.value for p in entry_points(group="marginbench.suites"))]
    return sorted({target.partition(":")[0].partition(".")[0] for target in targets})


@lru_cache(maxsize=4096)
def card_of(suite: str, metric: str) -> MetricCard | None:
    """The card of a metric of a suite, or ``None`` where the suite or the metric is unknown."""
    found = suite_named(suite)
    cards = () if found is None else found.described
    return next((card for card in cards if card.matches(metric)), None)
