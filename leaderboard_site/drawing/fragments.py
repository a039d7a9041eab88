"""Parts of pages that only follow from some systems, kept from build to build."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from leaderboard_site.board.board import Line
from leaderboard_site.drawing.standalone import png_file
from leaderboard_site.making.cache import Cache, digest, pack, unpack

if TYPE_CHECKING:
    from markupsafe import Markup

Keep: TypeAlias = Callable[[str, Sequence[str], Iterable[str], Callable[[], bytes]], bytes]
"""Kind, ids of revisions, further facts, and what makes the bytes -> the bytes, new or kept.

It is :meth:`Fragments.bytes_of`.
"""


@dataclass(frozen=True, slots=True)
class Fragments:
    """``keys``: ``ORG__MODEL/REVISION`` -> digest of all that the revision is made of.

    ``frame`` says which suites every page's navigation shows. ``pictures`` also makes what takes
    long: PNG of every chart, and a chart of the ranked systems of every table.
    """

    cache: Cache
    keys: Mapping[str, str]
    frame: str
    pictures: bool = False

    def made(
        self, kind: str, lines: Iterable[Line], facts: Iterable[str], make: Callable[[], bytes]
    ) -> Markup:
        """What ``make`` draws, unless it was drawn before of equal ``lines`` and ``facts``.

        It is one of our own templates that drew it, so that texts in it are escaped.
        """
        from markupsafe import Markup

        return Markup(self._kept(kind, lines, facts, make).decode("utf-8"))

    def files(
        self, kind: str, lines: Iterable[Line], make: Callable[[], Mapping[str, bytes]]
    ) -> dict[str, bytes]:
        """Whole pages that follow from ``lines`` alone, under the same rule."""
        return unpack(self._kept(kind, lines, (), lambda: pack(make())))

    def bytes_of(
        self,
        kind: str,
        revisions: Sequence[str],
        facts: Iterable[str],
        make: Callable[[], bytes],
    ) -> bytes:
        """The same for any bytes that follow from ``revisions``, named by their ids."""
        key = digest(
            [
                kind,
                self.frame,
                str(self.pictures),
                *facts,
                *revisions,
                *(self.keys[id] for id in revisions),
            ]
        )
        return self.cache.made(key, make)

    @property
    def png(self) -> Callable[[bytes], bytes] | None:
        """What makes the PNG of an SVG file, where there are to be any."""
        return self._png if self.pictures else None

    def _png(self, svg: bytes) -> bytes:
        return self.cache.made(digest(["png", svg]), lambda: png_file(svg))

    def _kept(
        self, kind: str, lines: Iterable[Line], facts: Iterable[str], make: Callable[[], bytes]
    ) -> bytes:
        revisions = [line.system.current.manifest.id for line in lines]
        return self.bytes_of(kind, revisions, facts, make)
