"""Numbers that no float can hold are refused, and hardly any text is looked at for them."""

from __future__ import annotations

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidError
from harness.records import parse_record
from harness.strict_json import LARGE_NUMBER

DIGITS = st.integers(1, 420).map(lambda length: "9" * length)
EXPONENTS = st.one_of(
    st.just(""), st.tuples(st.sampled_from(["e", "E", "e+", "E+", "e-"]), st.integers(0, 999))
)


@given(
    DIGITS, st.one_of(st.just(""), DIGITS), EXPONENTS, st.sampled_from(["]", ",", " ", "\n", "}"])
)
def test_no_number_beyond_the_largest_is_overlooked(
    whole: str, fraction: str, exponent: str | tuple[str, int], after: str
) -> None:
    text = whole + (f".{fraction}" if fraction else "") + "".join(map(str, exponent))
    if math.isinf(float(text)):
        assert LARGE_NUMBER.search(f"[{text}{after}")


@given(st.binary())
def test_a_digest_is_not_taken_for_one(data: bytes) -> None:
    assert not LARGE_NUMBER.search(f'{{"sha256": "{hashlib.sha256(data).hexdigest()}"}}')


@pytest.mark.parametrize("number", ["1e999", "1" + "0" * 400 + ".0", "9" * 250 + "e99"])
def test_a_record_with_such_a_number_is_refused(number: str) -> None:
    with pytest.raises(InvalidError, match="beyond the largest number"):
        parse_record(f'{{"schema_version": {number}}}', where="here")
