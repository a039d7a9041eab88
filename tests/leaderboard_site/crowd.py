"""A board of so many systems on one task that its tables are cut."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from leaderboard_site.build import build_submissions

SEED = Path(__file__).resolve().parents[2] / "submissions/marginbench__laplacian-variance/v1"
CROWD = 170


def build_crowd(folder: Path) -> Path:
    """The site of :data:`CROWD` systems, each a little worse than the one before."""
    for number in range(CROWD):
        target = folder / f"submissions/crowd__s{number:03d}/r1"
        shutil.copytree(SEED, target)
        manifest = target / "submission.toml"
        text = manifest.read_text(encoding="utf-8")
        for key, value in (
            ("org", "crowd"), ("model", f"s{number:03d}"), ("revision", "r1"),
            ("name", f"System {number}"),
        ):  # fmt: skip
            text = re.sub(rf"(?m)^{key} = .*", f'{key} = "{value}"', text)
        manifest.write_text(text, encoding="utf-8")
        (record,) = (target / "records").iterdir()
        data = json.loads(record.read_text(encoding="utf-8"))
        middle = middle_of(number)
        interval = [middle - 0.02, middle + 0.02]
        data["metrics"][0] |= {"value": middle, "interval": interval, "reason": None}
        record.write_text(json.dumps(data), encoding="utf-8")
    page, _ = build_submissions(folder / "submissions", folder / "site")
    return page.parent


def middle_of(number: int) -> float:
    """The value of a system of the crowd; its interval reaches 0.02 to both sides."""
    return 0.9 - 0.003 * number
