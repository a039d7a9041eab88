"""What all parts of a record are made of: strict, frozen, documented models."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Interval = Annotated[
    tuple[float, float], Field(description="Lower and upper bound at the level of `intervals`.")
]


class Strict(BaseModel):
    """Base of all parts of a record: frozen, no unknown fields, no NaN, no coercion.

    Validators are built when they are first used: most parts are used within their record alone.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        ser_json_inf_nan="null",
        defer_build=True,
    )
