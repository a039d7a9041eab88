"""Runs whose candidate lists came from a file of the submitter's."""

from __future__ import annotations

from harness.records.record import Record

FILE = "file_sha256"
"""Parameter of a first stage that says so."""


def own_lists(record: Record) -> bool:
    """Whether a record claims it: its fingerprint is then one that no pin can know.

    Where the fingerprint is known all the same, the lists are the task's own, whatever is claimed.
    """
    return record.first_stage is not None and FILE in record.first_stage.parameters
