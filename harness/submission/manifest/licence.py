"""Licences by their SPDX ids, as the field ``licence`` of a manifest asks for them."""

from __future__ import annotations

from harness.errors import did_you_mean

PROPRIETARY = "proprietary"
COMMON = (
    "AGPL-3.0-only",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC-BY-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "GPL-3.0-only",
    "MIT",
    "MPL-2.0",
)
"""Ids that a hint may name; every other one of SPDX is as good."""

ASKED = "an SPDX id such as Apache-2.0, LicenseRef-NAME for terms of its own, or proprietary"


def spdx_fault(text: str) -> str:
    """What is wrong with an SPDX expression; empty when nothing is.

    SPDX, annex "SPDX license expressions": ids of its list, joined by AND, OR and WITH, with
    ``LicenseRef-NAME`` for what is not on it. Ids are in SPDX's own spelling.
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        spelt = canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return "is no SPDX id"
    return "" if spelt == text else f"is spelt {spelt} by SPDX"


def licence_fault(text: str) -> str:
    """What is wrong with the licence of a system; empty for an SPDX expression or proprietary."""
    return "" if text == PROPRIETARY else spdx_fault(text)


def licence_hint(text: str) -> str:
    """What to write in place of it."""
    plain = text.replace(" ", "-")
    close = did_you_mean(plain, COMMON)
    return f"{close} Write {ASKED}" if close.startswith("Did you mean") else f"Write {ASKED}"
