"""Reranking: how well does a model order the candidates that a first stage found?"""

from __future__ import annotations

from suites.reranking.catalogue import suite

__all__ = ["suite"]
