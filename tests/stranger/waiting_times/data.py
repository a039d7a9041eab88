"""The embedded stops: what a passenger knows, and how long the wait really was."""

from __future__ import annotations

from harness.data import ItemData
from harness.data.asked import LoadRequest

STATIONS = ("Elm", "Ford", "Quay", "Mill", "Ash", "Bridge")
HOURS = tuple(range(6, 22))


def true_minutes(station: int, hour: int) -> float:
    """Longer off the rush hours and further out; never a whole number of minutes."""
    rush = hour in (7, 8, 16, 17)
    return 2.25 + 1.5 * station + (0.0 if rush else 4.5) + (hour * 7 + station * 5) % 11 / 4


def load(request: LoadRequest) -> ItemData:
    """Every stop of every hour, in the order of the timetable."""
    stops = [(s, hour) for hour in HOURS for s in range(len(STATIONS))]
    stops = stops[: request.limit]
    return ItemData(
        ids=tuple(f"{STATIONS[s].lower()}-{hour:02d}" for s, hour in stops),
        contents=[f"{STATIONS[s]}, {hour:02d}:00" for s, hour in stops],
        gold=tuple(true_minutes(s, hour) for s, hour in stops),
        clusters=tuple(f"{hour:02d}" for _, hour in stops),
        columns={"station": tuple(STATIONS[s] for s, _ in stops)},
    )
