"""How to submit, and the page for addresses that lead nowhere."""

from __future__ import annotations

from harness.submission.layout import LARGEST_FILE, LARGEST_SUBMISSION
from leaderboard_site.addresses import Render

PAGE = "submit/index.html"
NOT_FOUND = "404.html"


def submit_files(render: Render) -> dict[str, bytes]:
    """The page on submitting, with every rule that a submission is checked by; and ``404.html``."""
    from harness.submission.rules.book import RULES

    page = render(
        "submit.html.j2",
        root="../",
        rules=RULES,
        largest_file=f"{LARGEST_FILE // 1024**2} MiB",
        largest_submission=f"{LARGEST_SUBMISSION // 1024**2} MiB",
    )
    return {PAGE: page, NOT_FOUND: render("404.html.j2", root="")}
