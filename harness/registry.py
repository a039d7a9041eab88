"""Names to objects: built-in ``module:attr`` strings and entry points of other packages.

Nothing is imported until its name is asked for, and entry points are read only when a name is
not built in or when everything is listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from harness.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from harness.nouns import Suite

T = TypeVar("T")

SUITES = {
    "reranking": "suites.reranking:suite",
    "detection": "suites.detection:suite",
    "consistency": "suites.consistency:suite",
    "flips": "suites.flips:suite",
    "image-quality": "suites.image_quality:suite",
}
"""Built-in suites: name -> function that returns the suite."""


@dataclass(frozen=True)
class Registry(Generic[T]):
    """Names of one kind of thing. ``group`` is the entry-point group for third parties."""

    kind: str
    builtin: Mapping[str, str]
    group: str

    def names(self) -> list[str]:
        """All names, built-in ones first, in order; a third party cannot replace a built-in."""
        return [*self.builtin, *sorted(self._plugins())]

    def get(self, name: str) -> T:
        """The object of that name.

        Raises :class:`UsageError` with the nearest known names when there is none, and when a
        third party's object cannot be imported.
        """
        if name in self.builtin:
            found: T = resolve(self.builtin[name])
            return found
        plugins = self._plugins()
        if name not in plugins:
            raise UsageError(
                f"unknown {self.kind} {name!r}",
                fix=did_you_mean(name, [*self.builtin, *plugins]),
            )
        try:
            loaded: T = plugins[name].load()
        except (ImportError, AttributeError) as error:
            raise UsageError(
                f"{self.kind} {name!r} ({plugins[name].value}) cannot be imported: {error}"
            ) from error
        return loaded

    def _plugins(self) -> dict[str, EntryPoint]:
        found = entry_points(group=self.group)
        return {point.name: point for point in found if point.name not in self.builtin}


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


def suites() -> list[Suite]:
    """Every suite, built-in ones first (entry-point group ``marginbench.suites``)."""
    registry: Registry[Any] = Registry("suite", SUITES, "marginbench.suites")
    return [registry.get(name)() for name in registry.names()]


def suite_named(name: str) -> Suite | None:
    """The suite of that name without importing the others, or ``None``."""
    registry: Registry[Any] = Registry("suite", SUITES, "marginbench.suites")
    return registry.get(name)() if name in registry.names() else None
