"""Human passages, read at run time from the installed, pinned packages (never imported).

Two domains: narrative paragraphs of networkx docstrings, and the descriptions of security
weaknesses that cwe2 ships. Nothing of them is copied here.
"""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from suites.detection.embedded import text

SOFTWARE, SECURITY = "software-docs", "security-weaknesses"
REST = range(40, 141)
_NARRATIVE = ("", "notes", "notes on", "description", "extended summary")
_SPACE = "{http://cwe.mitre.org/cwe-7}"
_SPACES = {"": _SPACE[1:-1]}
_FURTHER = (
    "Background_Details/Background_Detail",
    "Potential_Mitigations/Mitigation/Description",
    "Detection_Methods/Detection_Method/Description",
    "Notes/Note",
)
_WEAKNESSES = "cwe2/database_v49/cwec_v4.14.xml"


class Passage(NamedTuple):
    """A passage: where it stands, the header and first sentence that prompt, and the rest."""

    domain: str
    cluster: str
    location: str
    header: str
    opening: str
    rest: str

    @property
    def id(self) -> str:
        """Short, from location and content."""
        state = "\n".join((self.domain, self.location, self.opening, self.rest))
        return hashlib.sha256(state.encode()).hexdigest()[:16]

    @property
    def prompt(self) -> str:
        """What the model continues."""
        return f"{self.header}\n\n{self.opening}"


def software(root: Path) -> list[Passage]:
    """Passages from the docstrings below ``root``/networkx, in order of file and line."""
    found: list[Passage] = []
    for path in sorted((root / "networkx").rglob("*.py"), key=lambda path: path.as_posix()):
        module = path.relative_to(root)
        if "tests" not in module.parts:
            found += _module(path.read_text(encoding="utf-8"), module.as_posix())
    return _unique(found)


def security(root: Path) -> list[Passage]:
    """Passages from the weakness descriptions of cwe2, in order of the catalogue."""
    tree = ElementTree.parse(root / _WEAKNESSES).getroot()
    weaknesses = {w.get("ID", ""): w for w in tree[0] if w.get("Status") != "Deprecated"}
    families = {name: _family(name, weaknesses) for name in weaknesses}
    found: list[Passage] = []
    for name, weakness in weaknesses.items():
        title = weakness.get("Name", "")
        runs = [run for part in _parts(weakness) for run in _runs(part)]
        for number, run in enumerate(runs):
            location = f"CWE-{name}:{number}"
            found += _passage(SECURITY, f"CWE-{families[name]}", location, title, run)
    return _unique(found)


def _module(source: str, module: str) -> Iterator[Passage]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old escapes in docstrings
        tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            name = getattr(node, "name", "")
            docstring = ast.get_docstring(node) or ""
            title = name or module.removesuffix(".py").rsplit("/", 1)[-1]
            title = title.replace("_", " ").strip()
            runs = [run for part in _narrative(docstring) for run in _runs(text.paragraphs(part))]
            for number, run in enumerate(runs):
                location = f"{module}:{name}:{getattr(node, 'lineno', 0)}:{number}"
                yield from _passage(SOFTWARE, module, location, f"Graph library: {title}", run)


def _narrative(docstring: str) -> list[str]:
    # numpy style: a title, a line of dashes, a body.
    parts = re.split(r"(?m)^([^\n]*)\n[-=~]{3,}[ \t]*$", docstring)
    titled = zip(["", *parts[1::2]], [parts[0], *parts[2::2]], strict=True)
    return [body for title, body in titled if title.strip().lower().rstrip(":") in _NARRATIVE]


def _parts(weakness: ElementTree.Element) -> list[list[str]]:
    described = [
        paragraph
        for tag in ("Description", "Extended_Description")
        for paragraph in _marked_up(weakness.find(_SPACE + tag))
    ]
    further = [
        _marked_up(element) for path in _FURTHER for element in weakness.findall(path, _SPACES)
    ]
    return [described, *further]


def _marked_up(element: ElementTree.Element | None) -> list[str]:
    if element is None:
        return []
    if not len(element):
        return [text.clean(element.text or "")]
    return [
        text.clean("".join(child.itertext())) if child.tag.endswith("}p") else ""
        for child in element
    ]


def _family(name: str, weaknesses: dict[str, ElementTree.Element]) -> str:
    # The first parent: siblings share phrases, so they belong to one cluster.
    for related in weaknesses[name].iter(_SPACE + "Related_Weakness"):
        if related.get("Nature") == "ChildOf" and related.get("View_ID") == "1000":
            return related.get("CWE_ID", name)
    return name


def _runs(blocks: list[str]) -> Iterator[list[str]]:
    # Neighbouring sentences of prose, as many as the longest passage holds.
    run: list[str] = []
    for sentence in [s for block in blocks for s in text.sentences(block) or [""]] + [""]:
        plain = bool(sentence) and text.is_prose(sentence)
        if plain and text.words(" ".join([*run[1:], sentence])) < REST.stop:
            run.append(sentence)
        else:
            yield run
            run = [sentence] if plain else []


def _passage(
    domain: str, cluster: str, location: str, header: str, run: list[str]
) -> list[Passage]:
    rest = " ".join(run[1:])
    if text.words(rest) not in REST or text.words(run[0]) < 5:
        return []
    return [Passage(domain, cluster, location, header, run[0], rest)]


def _unique(found: list[Passage]) -> list[Passage]:
    # Text that stands in several places is left out everywhere: it would leak across splits.
    sentences = {p.location: set(text.sentences(p.rest)) for p in found}
    times = Counter(s for own in sentences.values() for s in own)
    return [p for p in found if all(times[s] == 1 for s in sentences[p.location])]
