"""The kinds of pages that a built site has, and one page of each."""

from __future__ import annotations

from pathlib import Path

SUITES = ("reranking", "detection", "consistency", "flips", "image-quality")
PATTERNS = {
    "overview": ("index.html",),
    **{f"suite-{suite}": (f"suites/{suite}.html",) for suite in SUITES},
    **{f"task-{suite}": (f"tasks/{suite}[.-]*.html",) for suite in SUITES},
    "system": ("m/*/index.html",),
    "family": ("families/*.html",),
    "run": ("r/*/*/index.html",),
    "compare": ("compare/index.html",),
    "history": ("history/index.html",),
    "method": ("method/index.html",),
    "data": ("data/index.html",),
    "submit": ("submit/index.html",),
    "not-found": ("404.html",),
}
"""Kind -> where its pages lie on a site of all suites."""

CROWDED = {
    "cut-overview": "index.html",
    "cut-suite": "suites/image-quality.html",
    "cut-task": "tasks/image-quality.severity.html",
    "every-system": "all.html",
    "every-row-of-a-suite": "suites/image-quality.all.html",
    "every-row-of-a-task": "tasks/image-quality.severity.all.html",
}
"""Kind -> its page on the site of a crowd: tables that are cut, and pages that hold all rows."""


def page_kinds(site: Path) -> dict[str, Path]:
    """The largest page of each kind, relative to the site: it has the most that can go wrong."""
    found = {}
    for kind, patterns in PATTERNS.items():
        pages = [page for pattern in patterns for page in site.glob(pattern)]
        pages = [page for page in pages if not page.name.endswith(".all.html")]
        if pages:
            largest = max(sorted(pages), key=lambda page: page.stat().st_size)
            found[kind] = largest.relative_to(site)
    return found
