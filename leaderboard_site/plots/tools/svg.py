"""The one place that marks SVG as markup. Review a change here as you would review ``|safe``.

Only :func:`leaderboard_site.plots.tools.vega.render` makes these objects. Their text is written by
an XML serialiser from a tree that was cut down to a list of allowed elements and attributes, so
names in it are escaped whatever they hold.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Svg:
    """A finished picture.

    ``text`` is one ``<svg>`` element with an accessible name and no ids. ``title`` and ``caption``
    are plain text for its figcaption; ``name`` is what a screen reader says.
    """

    text: str
    name: str
    title: str
    caption: str

    def __html__(self) -> str:
        """The element, which Jinja2 writes into a page as it is."""
        return self.text
