"""The embedded task: handwritten digits of a pinned package, half to learn from, half to test.

The table is read from the installed scikit-learn without importing it. The reference is a logistic
regression fitted on the learning half; its answers are pinned, so that they stay the same under
every version of the library (``python -m suites.flips.digits`` fits it again and prints them).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.environment import install
from harness.errors import InvalidError, UsageError
from suites.flips.assemble import Example, assemble

if TYPE_CHECKING:
    from PIL.Image import Image

PACKAGE, FILE = "scikit-learn", "sklearn/datasets/data/digits.csv.gz"
SHA256 = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"
SIDE, LEVELS = 8, 16
LEARNED = 898
"""The first so many digits are for learning, the others for the test."""

PIN = Path(__file__).parent / "pins" / "digits.json"
CLASSES = tuple("0123456789")


@dataclass(frozen=True, slots=True)
class Digit:
    """An 8 x 8 picture with 17 levels of ink; ``ink`` holds them row by row."""

    name: str
    ink: tuple[int, ...]

    def load(self) -> Image:
        """As a grey picture, ink being white."""
        from PIL import Image

        picture = Image.new("L", (SIDE, SIDE))
        picture.putdata([round(255 * level / LEVELS) for level in self.ink])
        return picture


def read_digits(request: LoadRequest) -> ItemData:
    """The test half with the reference's answers."""
    pinned = json.loads(PIN.read_text(encoding="utf-8"))
    answers = pinned["predictions"]
    examples = [
        Example(digit.name, label, digit, reference=answers[index])
        for index, (digit, label) in enumerate(_table()[LEARNED:])
    ]
    return assemble(
        examples,
        where="flips/digits",
        limit=request.limit,
        facts={"reference": pinned["model"]},
        origin={"sha256": SHA256},
        classes=CLASSES,
    )


def learn_digits(request: LoadRequest) -> ItemData:
    """The half to learn from."""
    examples = [Example(digit.name, label, digit) for digit, label in _table()[:LEARNED]]
    return assemble(
        examples,
        where="flips/digits",
        limit=None,
        origin={"sha256": SHA256, "split": "learning"},
        classes=CLASSES,
    )


def _table() -> list[tuple[Digit, str]]:
    content = _file().read_bytes()
    table = gzip.decompress(content)
    if hashlib.sha256(table).hexdigest() != SHA256:
        raise InvalidError(
            f"the digits of {PACKAGE} {distribution(PACKAGE).version} are not those pinned",
            fix="Install another version: pip install 'scikit-learn>=1.4'",
        )
    rows = csv.reader(io.StringIO(table.decode()))
    found = []
    for number, row in enumerate(rows):
        ink = tuple(int(float(cell)) for cell in row[:-1])
        found.append((Digit(f"digit-{number:04d}", ink), str(int(float(row[-1])))))
    return found


def _file() -> Path:
    try:
        path = Path(str(distribution(PACKAGE).locate_file(FILE)))
    except PackageNotFoundError:
        raise UsageError(
            f"flips/digits reads its pictures from {PACKAGE}, which is not installed",
            fix=f"Install with: {install('quickstart')}",
        ) from None
    if not path.is_file():
        raise InvalidError(f"{PACKAGE} holds no {FILE}", fix=f"Install {PACKAGE} again")
    return path


def _fit_reference() -> dict[str, object]:
    import numpy as np
    import sklearn
    from sklearn.linear_model import LogisticRegression

    table = _table()
    ink = np.array([digit.ink for digit, _ in table], dtype=float) / LEVELS
    labels = np.array([label for _, label in table])
    model = LogisticRegression(max_iter=1000).fit(ink[:LEARNED], labels[:LEARNED])
    return {
        "model": f"logistic regression (scikit-learn {sklearn.__version__})",
        "predictions": "".join(model.predict(ink[LEARNED:])),
    }


if __name__ == "__main__":
    print(json.dumps(_fit_reference(), indent=1))
