"""The licence of a system: an SPDX id that others can look up, or proprietary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.submission.manifest.licence import licence_fault, licence_hint, spdx_fault


@pytest.mark.parametrize(
    "text", ["MIT", "Apache-2.0", "MIT OR Apache-2.0", "LicenseRef-Llama-3", "proprietary",
             "GPL-2.0-only WITH Classpath-exception-2.0", "CC-BY-NC-4.0"],
)  # fmt: skip
def test_spdx_expressions_are_fine(text: str) -> None:
    assert licence_fault(text) == ""


@pytest.mark.parametrize(
    ("text", "fault", "hint"),
    [
        ("apache2", "is no SPDX id", "'Apache-2.0'"),
        ("Apache 2.0", "is no SPDX id", "'Apache-2.0'"),
        ("mit", "is spelt MIT by SPDX", "SPDX id"),
        ("CC BY 4.0", "is no SPDX id", "'CC-BY-4.0'"),
        ("free for research", "is no SPDX id", "LicenseRef-NAME"),
        ("", "is no SPDX id", "SPDX id"),
        ("MIT OR", "is no SPDX id", "SPDX id"),
    ],
)
def test_others_are_told_what_to_write(text: str, fault: str, hint: str) -> None:
    assert licence_fault(text) == fault
    assert hint in licence_hint(text)


@given(st.text(max_size=80))
def test_no_text_is_too_odd(text: str) -> None:
    assert isinstance(spdx_fault(text), str)
    assert isinstance(licence_hint(text), str)
