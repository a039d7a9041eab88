"""Submissions with invented names, and what every page about them must hold to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness.compare.sides import NOWHERE, Side
from harness.registry import SUITES
from harness.submission.manifest.manifest import Manifest
from harness.submission.manifest.status import Standing
from leaderboard_site.drawing.rendering import renderer
from leaderboard_site.reading.records import RunSource
from leaderboard_site.reading.submitted import Submitted, SubmittedRun
from tests.leaderboard_site.conftest import make_record

VOID = {"meta", "link", "br", "wbr", "hr", "img", "input", "col"}
HOSTILE = (
    "<script>alert(1)</script>\"' onmouseover='alert(2)' {{ 7*7 }} {% raw %} </textarea> "
    "javascript:alert(3) &amp; ]]> $\\frac{ =1+1"
)
INVISIBLE = "\u202etxt"
REASON = "predictions were given, not the weights"
ALPHA, BETA = "reranking/invented/alpha", "reranking/invented/beta"


def submitted(
    revision: str = "1",
    *,
    model: str = "small",
    tasks: Sequence[str] = (ALPHA, BETA),
    evidence: str = "recomputed",
    standing: Standing | None = None,
    about: dict[str, Any] | None = None,
    **changes: Any,
) -> Submitted:
    """One revision of ``example__MODEL``; ``about`` goes to the records, the rest to the manifest.

    Texts are not validated, so that hostile ones get past the manifest's own rules.
    """
    runs = [
        {
            "task": task,
            "adapter": "cross-encoder",
            "checkpoint": f"example/{model}",
            "options": {},
            "command": f"marginbench evaluate --model cross-encoder:example/{model}",
        }
        for task in tasks
    ]
    manifest = Manifest.model_validate(
        {
            "schema_version": 1,
            "org": "example",
            "model": model,
            "revision": revision,
            "name": f"Invented {model}",
            "licence": "MIT",
            "contact": "https://example.org/people",
            "date": "2031-05-17",
            "parameters": 22_700_000,
            "trained_on": [],
            "links": {"code": "https://code.example.org/x"},
            "runs": runs,
        }
    ).model_copy(update=changes)
    seed = sum(map(ord, revision + model))
    records = [make_record(task=task, name=model, seed=seed, **(about or {})) for task in tasks]
    return Submitted(
        manifest=manifest,
        runs=tuple(
            SubmittedRun(Side(record, NOWHERE), evidence, REASON, RunSource(Path(record.task.id)))
            for record in records
        ),
        standing=standing,
    )


def hostile() -> Submitted:
    """A submission whose every free text is hostile."""
    texts = (
        "task.title", "task.version", "task.fingerprint", "model.name", "model.adapter",
        "model.checkpoint", "model.fingerprint", "run.device", "run.device_name",
        "environment.platform", "metrics.3.name", "metrics.7.reason", "created",
        "predictions.sha256",
    )  # fmt: skip
    changes: dict[str, Any] = dict.fromkeys(texts, HOSTILE + INVISIBLE)
    changes |= {"model.options": {HOSTILE: HOSTILE}, "environment.packages": {HOSTILE: HOSTILE}}
    item = submitted(
        model="hostile",
        tasks=(ALPHA,),
        about={"changes": changes},
        standing=Standing("disputed", HOSTILE, HOSTILE),
        name=HOSTILE + INVISIBLE,
        description=HOSTILE,
        licence=HOSTILE,
        contact=HOSTILE,
        trained_on=[HOSTILE],
        links={"code": "javascript:alert(1)", "home": "https://u:p@example.org/"},
    )
    runs = [run.model_copy(update={"command": HOSTILE}) for run in item.manifest.runs]
    manifest = item.manifest.model_copy(update={"runs": runs})
    return Submitted(manifest, item.runs, item.standing)


render = renderer(list(SUITES))
"""Draws a template as the build does."""


class Page(HTMLParser):
    """A page that is whole, accessible and inert, or an assertion fails on reading it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(data.decode("utf-8"))
        self.close()
        assert self.open == []
        assert len(data) <= 250 * 1024
        self._check()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"repeated attribute in <{tag}>"
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    @property
    def links(self) -> list[str]:
        return [target for a in self.named("a") if (target := a.get("href")) is not None]

    def _check(self) -> None:
        assert len(self.named("h1")) == 1
        assert len(self.rows) <= 200
        assert not self.named("style")
        assert all(a.get("scope") for a in self.named("th"))
        assert len(self.named("caption")) == len(self.named("table"))
        ids = [a["id"] for _, a in self.tags if "id" in a]
        assert len(ids) == len(set(ids))
        levels = [int(tag[1]) for tag, _ in self.tags if re.fullmatch("h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in pairwise(levels))
        for tag, attributes in self.tags:
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            assert attributes.get("aria-labelledby", ids[0]) in ids
            assert tag != "script" or attributes.get("src"), "no script inside a page"
            target = attributes.get("href") or ""
            assert not target or re.match(
                r"https://|#|(\.\./)*[a-zA-Z0-9_./-]+$|(\.\./)*[a-z0-9_./-]+\.[a-z0-9]+", target
            )
            if target.startswith("https://"):
                assert attributes["rel"] == "nofollow ugc noopener noreferrer"
            if target.startswith("#"):
                assert target[1:] in ids


def shown_literally(page: Page) -> bool:
    """Whether hostile text stands on the page as text and nothing invisible is obeyed."""
    assert INVISIBLE not in page.text
    return "<script>alert(1)</script>" in page.text and "{{ 7*7 }}" in page.text
