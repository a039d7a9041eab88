"""A site of records full of hostile text, opened in a browser: shown as written, never obeyed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from leaderboard_site.build import build_site
from tests.leaderboard_site.conftest import write_record
from tests.leaderboard_site.submission_samples import HOSTILE, INVISIBLE

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
TEXTS = (
    "task.title", "task.source", "task.licence", "task.citation", "task.description",
    "model.name", "model.checkpoint", "first_stage.name", "intervals.method", "run.device",
    "run.device_name", "environment.platform", "metrics.3.name", "metrics.7.reason",
)  # fmt: skip
FOLDERS = ("*.html", "suites/r*.html", "tasks/*.html", "m/*/*.html", "r/*/*/*.html",
           "[cdhs]*/index.html")  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    texts = dict.fromkeys(TEXTS, HOSTILE + INVISIBLE)
    write_record(
        folder / "runs/a", gain=0.1, changes={**texts, "model.options": {HOSTILE: HOSTILE}}
    )
    write_record(folder / "runs/b", name="N" * 10_000, gain=0.2)
    write_record(folder / "runs/c", name="=HYPERLINK(1)")
    return build_site(folder / "runs", folder / "site").parent


@pytest.mark.parametrize("folder", FOLDERS)
def test_hostile_text_does_nothing(visit: Visit, hostile: Path, folder: str):
    """``visit`` fails on a dialog, a request to elsewhere, and any message on the console."""
    shown = 0
    for path in sorted(hostile.glob(folder)):
        page = visit(
            path.relative_to(hostile), root=hostile, viewport={"width": 360, "height": 780}
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert page.locator("[onmouseover], textarea, body script").count() == 0
        page.mouse.move(180, 400)
        text = page.locator("body").text_content() or ""
        assert "\u202e" not in text
        shown += "<script>alert(1)</script>" in text
    assert shown
