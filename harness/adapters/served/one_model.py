"""Answers of one run come of one model: what they name themselves does not change on the way."""

from __future__ import annotations

from collections.abc import Callable

from harness.adapters.served.answers import maybe
from harness.errors import InvalidError
from harness.strict_json import Json


class OneModel:
    """The model that the first answer named; ``shown`` makes what a server said fit to be shown."""

    def __init__(self, where: str, shown: Callable[[str], str]) -> None:
        self._where, self._shown = where, shown
        self._named: str | None = None

    def check(self, answer: Json) -> None:
        """Raise :class:`InvalidError` for an answer that names another; one may name none."""
        named = maybe(answer, ["model"])
        if not isinstance(named, str):
            return
        self._named = named if self._named is None else self._named
        if named != self._named:
            raise InvalidError(
                f"{self._where} answered first as {self._shown(self._named)}, and now as "
                f"{self._shown(named)}",
                fix="Name one model that stays: --option model=NAME. Finished parts are kept",
            )
