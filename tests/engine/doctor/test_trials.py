"""What is tried at a door follows from its options and the settings in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.adapters import adapters
from harness.engine.doctor.trials import changes


def tried(
    adapter: str,
    resolved: Mapping[str, Any] | None = None,
    *,
    long_only: bool = False,
    **given: Any,
) -> list[str]:
    found = adapters().get(adapter)
    values = {name: option.default for name, option in found.options.items()} | given
    return [one.said for one in changes(found, values, resolved or {}, long_only=long_only)]


def test_a_cross_encoder_without_template_and_prompts_is_not_asked_without_them() -> None:
    found = tried("cross-encoder", {"template": "none", "query_prompt": "", "max_length": 512})
    assert "template=none" not in found
    assert "query_prompt=none" not in found
    assert "max_length=512" not in found  # it ends there anyway
    assert "max_length=256" in found


def test_a_template_in_force_is_the_first_thing_to_leave_out() -> None:
    assert tried("cross-encoder", {"template": "chat"})[0] == "template=none"
    assert tried("yes-no", {"template": "chat"})[:2] == ["template=none", "template=plain"]


@pytest.mark.parametrize("off", ["none", "plain"])
def test_a_template_that_was_switched_off_is_switched_on(off: str) -> None:
    found = tried("cross-encoder", {}, template=off)
    assert "template=auto" in found
    assert not {"template=none", "template=plain"} & set(found)


def test_prompts_given_by_hand_are_taken_back() -> None:
    found = tried("onnx-embedder", {}, query_prompt="query: ", document_prompt="passage: ")
    assert "query_prompt=(empty), document_prompt=(empty)" in found
    assert "query_prompt=none" not in found
    assert "instruction=(empty)" not in found


def test_lengths_come_first_where_only_long_texts_differ() -> None:
    assert tried("bi-encoder", {}, long_only=True)[0] == "max_length=512"
    assert tried("bi-encoder", {"pooling": "mean"})[0] != "max_length=512"


def test_pooling_in_force_is_not_tried_again() -> None:
    found = tried("bi-encoder", {"pooling": "cls"})
    assert "pooling=cls" not in found
    assert "pooling=mean" in found


def test_an_adapter_without_options_has_nothing_to_change() -> None:
    assert tried("bm25") == []
