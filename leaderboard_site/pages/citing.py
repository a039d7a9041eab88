"""How to cite a submission: BibTeX that no name in it can break."""

from __future__ import annotations

import unicodedata

from harness.submission.manifest.manifest import LINK_KINDS, Manifest
from leaderboard_site.reading.submitted import LOCAL
from leaderboard_site.text import clip, is_https

_ESCAPES = {
    "\\": r"\textbackslash{}",
    # BibTeX counts braces even behind a backslash, so a single one has to go by its name.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: "\\" + character for character in "%$&#_"},
}


def bibtex(manifest: Manifest) -> str:
    """An entry for one revision; its fields hold nothing that BibTeX or LaTeX would obey."""
    fields = [
        ("title", f"{{{escaped(manifest.name)}}}, revision {escaped(manifest.revision)}"),
        ("author", f"{{{escaped(manifest.org)}}}"),
        ("year", escaped(manifest.date[:4])),
        ("note", escaped(_note(manifest))),
    ]
    addresses = [manifest.links[kind] for kind in LINK_KINDS if kind in manifest.links]
    link = next((address for address in addresses if is_https(address)), None)
    if link is not None:
        fields.append(("url", _escaped_url(link)))
    key = f"{manifest.system}__{manifest.revision}"
    lines = [f"  {name} = {{{value}}}" for name, value in fields]
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"


def _note(manifest: Manifest) -> str:
    if manifest.org == LOCAL:
        return f"Evaluated with MarginBench on {manifest.date}"
    return f"Submitted to MarginBench on {manifest.date} as {manifest.id}"


def escaped(text: str) -> str:
    """Text for a BibTeX field: special characters named, control characters left out."""
    kept = "".join(c for c in text if unicodedata.category(c)[0] != "C")
    return "".join(_ESCAPES.get(character, character) for character in clip(kept, most=300))


def _escaped_url(address: str) -> str:
    # Styles print it with \\url, which takes all else as it is.
    return address.replace("{", "%7B").replace("}", "%7D").replace("%", r"\%")
