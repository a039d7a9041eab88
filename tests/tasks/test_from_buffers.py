"""Arrays of Arrow from their buffers, against Arrow's own conversion, which imports pandas."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.tasks.arrow import from_numbers, from_strings, from_values


@given(st.lists(st.text()))
def test_strings(values: list[str]) -> None:
    try:
        wanted = pa.array(values, pa.string())
    except UnicodeError:  # half of a pair of surrogates
        with pytest.raises(UnicodeError):
            from_strings(values)
        return
    found = from_strings(values)
    found.validate(full=True)
    assert found.equals(wanted)


def test_what_is_no_string_is_refused() -> None:
    for values in ([None], ["a", 1], [b"a"]):
        with pytest.raises(TypeError):
            from_strings(values)  # type: ignore[arg-type]


@given(
    st.lists(st.tuples(st.floats(width=32), st.booleans())),
    st.sampled_from([np.float32, np.float64, np.int64]),
)
def test_numbers(pairs: list[tuple[float, bool]], kind: type[np.generic]) -> None:
    values = np.nan_to_num([value for value, _ in pairs]).clip(-1e9, 1e9).astype(kind)
    missing = np.array([gone for _, gone in pairs], dtype=bool)
    found = from_numbers(values, missing)
    found.validate(full=True)
    assert found.equals(pa.array(values, mask=missing))
    assert found.null_count == missing.sum()
    assert from_numbers(values).equals(pa.array(values))


@pytest.mark.parametrize(
    "values",
    [[], [None, None], [None, 0.5, float("nan")], (1.0, 2.0), ["a", ""], [1, -2], [True, False],
     ["a", None], [1, None]],
)  # fmt: skip
def test_values(values: Any) -> None:
    numbers = all(value is None or isinstance(value, float) for value in values)
    wanted = pa.array(values, pa.float64()) if numbers else pa.array(values)
    found = from_values(values)
    assert found.type == wanted.type
    assert str(found.to_pylist()) == str(wanted.to_pylist())


def test_none_of_them_imports_pandas() -> None:
    code = (
        "import sys, numpy, pyarrow; from harness.tasks.arrow import *; from_strings(['a']);"
        "from_numbers(numpy.ones(3), numpy.ones(3) > 0); from_values([1.0, None]);"
        "pyarrow.table({'a': from_values(['b'])}); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
