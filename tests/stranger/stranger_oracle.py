"""Waits and their errors written out again, with loops and nothing of the package."""

from __future__ import annotations

NAMES = ["Elm", "Ford", "Quay", "Mill", "Ash", "Bridge"]
SHARES = {"careful": 1.0, "hasty": 0.4}


def true_waits() -> list[float]:
    """Hour by hour, station by station."""
    found = []
    for hour in range(6, 22):
        for place in range(6):
            wait = 2.25 + 1.5 * place + ((hour * 7 + place * 5) % 11) / 4
            if hour not in (7, 8, 16, 17):
                wait += 4.5
            found.append(wait)
    return found


def errors(manner: str) -> list[float]:
    """Predicted minus true."""
    found = []
    waits = iter(true_waits())
    for hour in range(6, 22):
        for name in NAMES:
            said = 3 + 0.6 * len(name) + (0 if hour in (7, 8, 16, 17) else 4.5)
            found.append(SHARES[manner] * said - next(waits))
    return found
