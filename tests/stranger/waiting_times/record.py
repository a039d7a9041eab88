"""What only waiting has in its records."""

from __future__ import annotations

from pydantic import Field

from harness.records import Strict


class Station(Strict):
    """Errors at one station."""

    name: str = Field(description="Name of the station.")
    n: int = Field(ge=0, description="Stops.")
    mae: float | None = Field(description="Mean absolute error in minutes, or null.")
    within: float | None = Field(description="Share predicted to within two minutes, or null.")


class WaitingPart(Strict):
    """What only waiting has."""

    stations: list[Station] = Field(description="Errors by station.")
    slope: float | None = Field(description="Slope of the line from predicted to true wait.")
    intercept: float | None = Field(description="Its intercept in minutes.")
    constant: float = Field(description="MAE of always saying the median wait.")
