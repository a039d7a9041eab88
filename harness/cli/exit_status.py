"""What the exit status of each command means, beside 2, 70, 130 and 141, which all share."""

from __future__ import annotations

from collections.abc import Mapping

BROKEN = "data, a checkpoint's answers, or a file of ours break a rule"
DATA = "data or a file of ours break a rule"

STATUS: Mapping[str, Mapping[int, str]] = {
    "quickstart": {0: "all of it is done", 1: BROKEN, 3: "something is not done"},
    "list": {0: "printed"},
    "evaluate": {
        0: "all that was asked for is done",
        1: BROKEN,
        3: "something asked for was not evaluated; of several models the worst: 2, then 1, then 3",
    },
    "merge": {0: "every run is whole", 1: DATA, 3: "a shard, or what a mean needs, is missing"},
    "train-baseline": {0: "fitted", 1: DATA},
    "doctor": {
        0: "the same model, or a steady one",
        1: "another model, or one that is not steady",
        3: "that could not be checked",
    },
    "check-adapter": {0: "nothing is wrong", 1: "something is"},
    "new-adapter": {0: "written"},
    "score": {
        0: "scored",
        1: "data or predictions break a rule",
        3: "predictions are missing, or a run is unfinished",
    },
    "compare": {
        0: "fine",
        1: "worse by the policy",
        2: "the two cannot be compared",
        3: "something is missing",
    },
    "baseline update": {0: "written", 1: DATA, 3: "a run is unfinished, or something is missing"},
    "show": {0: "printed", 1: DATA, 3: "there are only shards of runs"},
    "plot": {0: "written", 1: DATA, 3: "there are only shards of runs"},
    "submit": {0: "written", 1: "a run, or what is said of it, breaks a rule", 3: "unfinished"},
    "validate": {0: "no finding", 1: "findings", 3: "a run could not be recomputed"},
    "report": {0: "written, whatever is found", 1: DATA},
    "audit": {0: "said", 1: "the file breaks a rule"},
    "export": {0: "written", 1: DATA, 3: "there are only shards of runs, or a file is missing"},
    "import": {0: "read", 1: "the file breaks a rule", 3: "something in it is missing"},
    "cache": {0: "said, or emptied", 3: "a file could not be removed"},
    "completion": {0: "printed", 3: "a shell that is too old"},
    "site": {0: "built", 1: DATA, 3: "no room for it"},
}
"""Command -> status -> what it means."""

SHARED = {2: "what was typed cannot be carried out"}


def status_text(name: str) -> str:
    """``Exit status: 0 ...; 1 ...; 2 ...``."""
    every = {**SHARED, **STATUS[name]}
    return "Exit status: " + "; ".join(f"{code} {every[code]}" for code in sorted(every)) + "."
