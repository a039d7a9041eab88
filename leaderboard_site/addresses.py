"""Addresses of pages, and what draws them."""

from __future__ import annotations

from typing import Any, Protocol

from harness.errors import InvalidError
from harness.submission.manifest.manifest import Manifest
from harness.submission.untrusted.slugs import is_slug
from leaderboard_site.text import file_stem


class Render(Protocol):
    """Draws a template into the bytes of a page; ``root`` leads from the page to the site."""

    def __call__(self, template: str, /, *, root: str, **values: Any) -> bytes:
        """Bytes of the page that the template makes of ``values``."""


def system_page(manifest: Manifest) -> str:
    """``m/ORG__MODEL/index.html``."""
    return f"m/{_slug(manifest.org)}__{_slug(manifest.model)}/index.html"


def run_page(manifest: Manifest, number: int = 1) -> str:
    """``r/ORG__MODEL/REVISION/index.html``, and ``page-2.html`` beside it from the second on."""
    folder = f"r/{_slug(manifest.org)}__{_slug(manifest.model)}/{_slug(manifest.revision)}"
    return f"{folder}/index.html" if number == 1 else f"{folder}/page-{number}.html"


def task_page(task_id: str) -> str:
    """The page of a task; see :func:`leaderboard_site.text.file_stem`."""
    return f"tasks/{file_stem(task_id)}.html"


def suite_page(name: str) -> str:
    """The page of a suite."""
    return f"suites/{file_stem(name)}.html"


def family_page(name: str) -> str:
    """The page of a family of models."""
    return f"families/{file_stem(name)}.html"


def to_root(page: str) -> str:
    """The relative way from a page to the site's root: ``../../`` for ``m/a__b/index.html``."""
    return "../" * page.count("/")


def _slug(name: str) -> str:
    # Manifests refuse other names already; what becomes a path is looked at once more.
    if not is_slug(name):
        raise InvalidError(f"{name[:70]!r} is not a name for a folder")
    return name
