"""What a program gives by mistake: one line that says what to give, never a traceback."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import marginbench as mb


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"z": math.nan}, "z is not a JSON value"),
        ({"z": [1, -math.inf]}, "z is not a JSON value"),
        ({"z": {1}}, "z is not a JSON value"),
        ({"z": {"a": object()}}, "z is not a JSON value"),
        ({"z": 10**30}, "z is not a JSON value"),
        ({"a=b": 1}, "'a=b' is no option's name"),
        ({"": 2}, "'' is no option's name"),
        ({5: 2, "a": 1}, "5 is no option's name"),
        ([("a", 1)], "options is list"),
        (5, "options is int"),
    ],
)
def test_options_that_cannot_be_typed_or_kept(texts: Path, options: Any, said: str) -> None:
    file = texts.with_name("model.py")
    file.write_text("def make(**options):\n    raise SystemError('this code ran')\n")
    with pytest.raises(mb.UsageError, match=said):
        mb.evaluate(f"python:{file}", "detection/folder", data=texts, options=options)
