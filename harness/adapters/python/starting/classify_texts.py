"""A classifier of texts. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task flips/folder --data YOUR_TABLE.csv
"""

from __future__ import annotations

# Names of the classes, in the order of the logits, spelt as the task spells them.
labels = ["question", "statement"]


def classify_texts(texts: list[str]) -> list[list[float]]:
    """One row of logits for each text, in order, one column for each of ``labels``.

    The highest is the answer and its softmax the confidence, so give logits, not labels.
    """
    # Put your model here: return model(**tokens).logits.detach().float().cpu().numpy()
    return [[float(text.count("?")), 0.5 * text.count(".")] for text in texts]
