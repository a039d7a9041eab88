"""Numbers, names and links as a reader sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard_site.text import (
    about,
    clip,
    decimals_for,
    duration,
    file_stem,
    in_units,
    is_https,
    linked,
    listing,
    metric_name,
    plural,
    points,
    rate,
    sentence,
    signed,
    signed_bounds,
    size,
    visible,
)


def test_points_use_a_real_minus_and_no_negative_zero():
    assert points(0.40371) == "40.4"
    assert points(-0.021) == "−2.1"
    assert points(-0.00001) == "0.0"
    assert signed(0.021) == "+2.1"
    assert [signed(v) for v in (0.0, 0.00001, -0.00001)] == ["0.0"] * 3
    assert signed_bounds((-0.004, 0.05)) == "[−0.4, +5.0]"


def test_a_bound_that_decides_a_verdict_is_never_shown_as_zero():
    assert decimals_for([0.02, 0.0002, 0.05]) == 2
    assert decimals_for([0.02, 0.00004, 0.05]) == 3
    assert decimals_for([0.0, 0.01]) == 1


def test_small_formats():
    assert [duration(s) for s in (0, 0.00001, 0.0008, 0.043, 1.94, 250, 7500)] == [
        "0 ms", "< 0.1 ms", "0.8 ms", "43 ms", "1.9 s", "4 min 10 s", "2 h 5 min",
    ]  # fmt: skip
    assert [rate(v) for v in (1239.6, 56.12, 0.5)] == ["1,240", "56.1", "0.50"]
    assert [size(v) for v in (2048, 512 * 1024**2, int(1.4 * 1024**3))] == [
        "2 KiB", "512 MiB", "1.4 GiB",
    ]  # fmt: skip
    assert [plural(1, "query"), plural(2000, "query")] == ["1 query", "2,000 queries"]
    assert [about(n) for n in (7, 94, 899, 1_240, 1_960, 28_974)] == [
        "7", "90", "900", "1,200", "2,000", "30,000",
    ]  # fmt: skip
    assert listing(["a"]) == "a"
    assert sentence("no run.", stop=".") == "No run."
    assert sentence("no run", stop=".") == "No run."


@pytest.mark.parametrize(
    ("name", "main", "parameters"),
    [
        ("nDCG@10", "nDCG@10", ""),
        ("nDCG(judged_only=True)@10", "nDCG@10", "judged only"),
        ("AP(rel=2)", "AP", "rel=2"),
        ("AUC(pooled)", "AUC", "pooled"),
        ("TPR@FPR=5%[oracle_per_domain]", "TPR@FPR=5%", "oracle per domain"),
        ("OPIS@worst10%[FAR=1%..10%]", "OPIS@worst10%", "FAR=1%..10%"),
        ("TPR@FPR=5%[calibrated,worst_domain]", "TPR@FPR=5%", "calibrated, worst domain"),
        ("AUC(rel=2,pooled)", "AUC", "rel=2, pooled"),
        ("odd((name", "odd((name", ""),
    ],
)
def test_metric_names_are_cut_in_two(name, main, parameters):
    cut = metric_name(name)
    assert (cut.main, cut.parameters, cut.full) == (main, parameters, name)


def test_file_stems_of_well_formed_ids_are_readable():
    assert file_stem("reranking/beir/scifact") == "reranking.beir.scifact"


@pytest.mark.parametrize("bad", ["../../etc/passwd", "A/B", "a.b", "con", "", "a/", "é", "x" * 999])
def test_file_stems_of_other_ids_stay_inside_the_folder(bad):
    stem = file_stem(bad)
    assert not set(stem) - set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    assert "_" in stem
    assert len(stem) < 60


@given(st.text(max_size=30), st.text(max_size=30))
def test_different_ids_never_share_a_file(one, other):
    assert (file_stem(one).casefold() == file_stem(other).casefold()) == (one == other)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "http://example.org", "https://", "https://user@example.org",
        "https://example.org\"onclick=x", "https://ex ample.org", "HTTPS://example.org",
        "data:text/html,x", "//example.org", "https://example.org/" + "a" * 300,
        "https://exämple.org", "https://[::1", "https://example.org\\@evil",
    ],
)  # fmt: skip
def test_other_addresses_are_not_links(address):
    assert not is_https(address)
    assert all(piece.href is None or is_https(piece.href) for piece in linked(address))


def test_https_words_become_links_and_text_is_kept():
    text = "See https://example.org/a?b=1, or (https://example.org)."
    pieces = linked(text)
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.href for piece in pieces if piece.href] == ["https://example.org/a?b=1"]


def test_what_is_cut_is_visible_and_no_longer_than_asked():
    assert clip("m\x1bs") == clip(clip("m\x1bs")) == "m⟨U+001B⟩s"
    assert clip("\x1b" * 100, most=12) == "⟨U+001B⟩⟨U+…"
    assert clip("a" * 12, most=12) == "a" * 12
    assert clip("a" * 13, most=12) == "a" * 11 + "…"
    assert in_units("m\x1b[31m") == "in m⟨U+001B⟩[31m"


def test_control_and_direction_characters_are_shown():
    assert visible("a\u202eb\u200b\x07\n") == "a⟨U+202E⟩b⟨U+200B⟩⟨U+0007⟩\n"
    assert visible("naïve – 語") == "naïve – 語"
