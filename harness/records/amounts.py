"""Speeds and times with as many digits as they are worth. The terminal and the site share these."""

from __future__ import annotations

from decimal import Decimal


def rate(value: float) -> str:
    """A speed with three significant digits: ``178,000``, ``1,240``, ``56.1``, ``0.30``."""
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cost(value: float) -> str:
    """An amount of money, never with an exponent: ``1,234.50``, ``12.345``, ``0.0000875``."""
    if value >= 1000:
        return f"{value:,.2f}"
    return f"{value:.5g}" if value >= 1 else f"{Decimal(f'{value:.3g}'):f}"


def duration(seconds: float) -> str:
    """A time a reader can hold: ``0.8 ms``, ``43 ms``, ``1.9 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if seconds < 0.00005:
        return "< 0.1 ms" if seconds > 0 else "0 ms"
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
