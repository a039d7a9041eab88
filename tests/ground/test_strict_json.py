"""Numbers that no float can hold are refused, however they are written."""

from __future__ import annotations

import pytest

from harness.errors import InvalidError
from harness.records.record import parse_record


@pytest.mark.parametrize("number", ["1e999", "-1E+309", "1" + "0" * 400 + ".0", "9" * 250 + "e99"])
def test_a_record_with_a_number_beyond_the_largest_is_refused(number: str) -> None:
    with pytest.raises(InvalidError, match="beyond the largest number"):
        parse_record(f'{{"schema_version": {number}}}', where="here")
