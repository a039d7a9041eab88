"""Text of strangers in Markdown, rendered as GitHub does it: always text, never anything else."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard_site.incoming.safe_markdown import code, prose, table

cmarkgfm = pytest.importorskip("cmarkgfm", reason="rendering needs cmarkgfm")

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "**b** _i_ ~~s~~ `c` # h",
    "[click](javascript:alert(1)) ![p](https://evil.example/a.png)",
    "@octocat @org/team a@evil.example mailto:a@evil.example",
    "https://evil.example http://evil.example ftp://evil.example www.evil.example",
    "wWw.evil.example HTTPS://evil.example <https://evil.example>",
    "#12 org/repo#12 GH-12 org/repo@0123456789abcdef",
    "a | b \\| c \\\\| d \\",
    "`` ` ``` ````",
    "&lt;b&gt; &commat;octocat &#64;octocat",
    "line\n\n# heading\n- item\r\n> quote\n::set-output name=a::b\n::error::x",
    "-->\n<!-- marginbench submission -->",
    "[x]: https://evil.example\n[x]",
    "$\\frac{1}{2}$ $$x$$ $`x`$",
    "\u202etxt.exe\u2066 \u200b \x1b[31m \x00 \ud800",
    "]] }} {{ 7*7 }} %} ]]>",
    "x" * 10_000,
    "",
    " \t ",
]


class Seen(HTMLParser):
    """Tags of a rendered page, and its text in and outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.plain = ""
        self.within = ""
        self.depth = 0
        options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
        self.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.depth += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.within += data
        else:
            self.plain += data


def is_harmless(text: str) -> Seen:
    """The page of a table with the text in both forms, once it has proven to be just that."""
    page = Seen(table(("a", "b", "c"), [(code(text), prose(text), "end")]) + "\n\nafter")
    assert set(page.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "p", "code", "span"}
    assert page.tags.count("tr") == 2
    assert page.tags.count("td") == 3
    assert page.plain.endswith("end\n\n\n\nafter\n")
    # What GitHub seeks in the text after it was rendered: people, teams, issues, commits.
    assert not re.search(r"@\w|\w@|#\d|\bGH-\d", page.plain, re.IGNORECASE)
    assert not re.search(r"\w://|www\.", page.plain, re.IGNORECASE)
    return page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text: str) -> None:
    is_harmless(text)


@given(st.text(alphabet="a@#|\\`*_[]()<>!~:/.w&;$-\n\t 1", max_size=60))
def test_no_mixture_of_signs_is_markup(text: str) -> None:
    is_harmless(text)


@given(st.text(max_size=60))
def test_what_cannot_be_seen_is_spelt_out(text: str) -> None:
    for made in (code(text), prose(text)):
        left = made.replace("\u200b", "")
        assert {unicodedata.category(sign)[0] for sign in left} <= set("LMNPSZ")
        assert not {"\n", "\u2028", "\u2029"} & set(left)


def test_text_is_shown_as_it_is() -> None:
    text = "a* _b_ <c> [d](e) f|g"
    page = Seen(prose(text))
    assert page.plain.strip() == text
    assert Seen(code("TPR@FPR=5%[oracle_per_domain]")).within == "TPR@FPR=5%[oracle_per_domain]"


def test_long_text_is_cut() -> None:
    assert len(prose("x" * 10_000)) < 400
    assert len(code("x" * 10_000)) < 300


def test_nothing_is_a_dash() -> None:
    assert code(" ") == "–"
