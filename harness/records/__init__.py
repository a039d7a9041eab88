"""Records: one task by one model, read, written, made from predictions and made again."""

from __future__ import annotations

from harness.records.base import Strict
from harness.records.migrations import SCHEMA_VERSION
from harness.records.record import (
    Difference,
    Evidence,
    FirstStageRef,
    IntervalMethod,
    MetricValue,
    ModelRef,
    Record,
    TaskRef,
    parse_record,
    read_record,
    to_json,
)
from harness.records.run_info import Environment, Git, Latency, RunInfo

__all__ = [
    "SCHEMA_VERSION",
    "Difference",
    "Environment",
    "Evidence",
    "FirstStageRef",
    "Git",
    "IntervalMethod",
    "Latency",
    "MetricValue",
    "ModelRef",
    "Record",
    "RunInfo",
    "Strict",
    "TaskRef",
    "parse_record",
    "read_record",
    "to_json",
]
