"""What scoring gives, under the name by which suites import it."""

from __future__ import annotations

from harness.records.scored import Scored, Scoring

__all__ = ["Scored", "Scoring"]
