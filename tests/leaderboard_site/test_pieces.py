"""Small pieces of pages: what a template would have written, and no text of a record as markup."""

from __future__ import annotations

import pytest

from leaderboard_site.board.systems import EvidenceMark
from leaderboard_site.drawing import pieces
from leaderboard_site.drawing.rendering import environment
from leaderboard_site.tables.about import about_metric
from leaderboard_site.tables.figures import Figure

HOSTILE = "<script>\"'&\u202e\x07</script>"
FIGURE = """\
{%- if f.best %}<b>{{ f.text }}</b>{% else %}{{ f.text }}{% endif -%}
{%- if f.unit %} <small class="unit">{{ f.unit }}</small>{% endif -%}
{%- if f.note %}<a class="note" href="#note-{{ id }}-{{ f.note }}" title="{{ f.reason }}">\
<span class="unseen">why: note </span>{{ f.note }}</a>{% endif -%}"""


@pytest.mark.parametrize("text", ["40.4", HOSTILE, "x" * 5000, "\N{MINUS SIGN}3"])
def test_a_figure_is_what_a_template_writes(text: str) -> None:
    for figure in (
        Figure(text),
        Figure(text, best=True, unit=text),
        Figure(text, note=3, reason=text),
    ):
        made = environment().from_string(FIGURE).render(f=figure, id="run-1")
        assert str(pieces.figure_text(figure, "run-1")) == made


def test_a_name_breaks_behind_its_signs_and_links_to_what_it_means() -> None:
    assert pieces.breakable("TPR@FPR=1%[worst_domain]") == "TPR@FPR=1%<wbr>[worst_<wbr>domain]"
    about = about_metric("reranking", "nDCG@10")
    assert about is not None
    made = pieces.metric_name("../", "reranking", "nDCG@10", "nDCG")
    assert made.startswith(f'<a class="metric" href="../{about.page}"><abbr title="')
    assert made.endswith(">nDCG</abbr></a>")
    assert "<script" not in pieces.metric_name("../", "reranking", HOSTILE)


def test_texts_are_shown_and_never_obeyed() -> None:
    linked = pieces.text_with_links(f"see https://a.example/x, {HOSTILE}")
    assert '<a class="outside" href="https://a.example/x" rel="nofollow' in linked
    for made in (linked, pieces.evidence(EvidenceMark("●", HOSTILE, HOSTILE))):
        assert "<script" not in made
        assert "&lt;script&gt;&#34;&#39;&amp;⟨U+202E⟩⟨U+0007⟩" in made
