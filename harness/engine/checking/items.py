"""The embedded items: ten texts, a query with ten documents, ten drawn pictures, and odd ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

QUERY = "how do bees find their way home"
TEXTS = (
    "Bees find their way home by the sun, by landmarks, and by the smell of the hive.",
    "A hive has one queen, a few hundred drones and many thousand workers.",
    "The library opens at nine and closes at six, except on Sundays.",
    "Pigeons find their way home over hundreds of kilometres.",
    "Bread is made of flour, water, salt and yeast, and needs an hour to rise.",
    "A worker that comes home tells the others by a dance where the flowers are.",
    "The second law of motion says that force is mass times acceleration.",
    "Trains to the coast leave every half hour from platform four.",
    "On cloudy days bees see by polarised light where the sun stands.",
    "Rain.",
)
PAIRS = tuple((QUERY, text) for text in TEXTS)

EMPTY = ""
NOT_ASCII = "Wie finden Bienen heim? 蜜蜂怎么回家? ¿Cómo vuelven a casa? 🐝 naïve é"
LONG = " ".join(TEXTS) * 40
"""About five thousand words: longer than most models read."""

SIDES = ((64, 48), (48, 64), (100, 100), (33, 47), (224, 224), (320, 200), (64, 64), (96, 50),
         (80, 80), (120, 160))  # fmt: skip


def pictures() -> list[Image]:
    """Ten drawn RGB pictures of several sizes, all different."""
    from PIL import Image, ImageDraw

    made = []
    for place, (width, height) in enumerate(SIDES):
        image = Image.new("RGB", (width, height), (25 * place, 120, 250 - 25 * place))
        draw = ImageDraw.Draw(image)
        draw.ellipse((width // 4, height // 4, width // 2 + 2 * place, height // 2 + place),
                     fill=(250 - 20 * place, 20 * place, 60))  # fmt: skip
        draw.line((0, 0, width, height), fill=(0, 0, 0), width=1 + place % 4)
        made.append(image)
    return made


def odd_pictures() -> dict[str, Image]:
    """Pictures that models stumble over."""
    from PIL import Image

    return {
        "a picture of one pixel": Image.new("RGB", (1, 1), (10, 20, 30)),
        "a very wide picture": Image.new("RGB", (2000, 20), (200, 20, 30)),
        "a picture of one colour": Image.new("RGB", (64, 64), (0, 0, 0)),
    }
