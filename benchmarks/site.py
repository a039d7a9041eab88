"""``marginbench site`` of 500 systems on 40 tasks: time, memory, cost per page, one more system.

Whole processes on submissions that are made on the spot. Printed as one line each: the time of a
full build (target about 20 s on two cores); seconds per page with 500 systems / with 50 (<= 1.3);
a rebuild after one new submission to one suite / the full build (<= 1/4), and the same for one on
all 40 tasks, which moves every rank there is; the largest page in KB and rows
(<= 250, <= 200; pages that are linked as holding every row are not counted); and milliseconds until
the first page is ready in Chromium, from disk (<= 300).
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from common import ROOT, SIDES, arguments, finish, note, run_process

FEW, MANY = 50, 500
SECONDS, MEMORY = 22.0, 1.5e9
PER_PAGE, REBUILD, KILOBYTES, ROWS, READY = 1.3, 0.25, 250, 200, 300
CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    """Make the submissions, build, and print what was measured."""
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rounds = [_round(folder / str(number)) for number in range(options.rounds)]
        medians = [statistics.median(values) for values in zip(*rounds, strict=True)]
        full, ratio, again, all_tasks = medians
        memory = _memory(folder / "0")
        note(f"full build {full:.1f} s, peak of all processes together {memory / 1e9:.2f} GB")
        finish("site", ratio=full, target=f"about 20 s, memory <= {MEMORY / 1e9:g} GB",
               holds=full <= SECONDS and memory <= MEMORY)  # fmt: skip
        finish("site per page", ratio=ratio, target=f"<= {PER_PAGE}", holds=ratio <= PER_PAGE)
        finish("site rebuild", ratio=again, target=f"<= {REBUILD}", holds=again <= REBUILD)
        finish("site rebuild, all tasks", ratio=all_tasks, target=f"<= {REBUILD}",
               holds=all_tasks <= REBUILD)  # fmt: skip
        site = folder / "0" / f"site-{MANY}"
        kilobytes, rows = _largest(site)
        finish("site page KB", ratio=kilobytes, target=f"<= {KILOBYTES}, <= {ROWS} rows",
               holds=kilobytes <= KILOBYTES and rows <= ROWS)  # fmt: skip
        ready = _ready(site / "index.html")
        finish("site ready ms", ratio=ready, target=f"<= {READY}", holds=ready <= READY)


def _round(folder: Path) -> tuple[float, ...]:
    """Seconds of a full build, per-page ratio, and two rebuild ratios."""
    per_page: dict[int, float] = {}
    for count in (FEW, MANY):
        _make(folder / f"submissions-{count}", 0, count)
        full = _build(folder, count)
        pages = sum(1 for _ in (folder / f"site-{count}").rglob("*.html"))
        per_page[count] = full / pages
        note(f"{count} systems: {full:.1f} s, {pages} pages")
    again = []
    # A system of the middle, once in one suite and once in all.
    for number, suites in ((MANY + 25, ["reranking"]), (MANY + 26, [])):
        _make(folder / f"submissions-{MANY}", number, number + 1, *suites)
        again.append(_build(folder, MANY))
        note(f"one more system on {', '.join(suites) or 'all suites'}: {again[-1]:.1f} s")
    ratios = [seconds / full for seconds in again]
    return full, per_page[MANY] / per_page[FEW], *ratios


def _make(folder: Path, first: int, last: int, *suites: str) -> None:
    program = str(SIDES / "site_board.py")
    run_process([sys.executable, program, str(folder), str(first), str(last), *suites])


def _build(folder: Path, count: int) -> float:
    """Wall seconds of a build on top of the last one of so many systems."""
    os.sync()  # what was written before is not on this build's account
    start = time.perf_counter()
    _finished(_started(folder, count, f"site-{count}", "--cache", f"{folder}/{count}.sqlite"))
    return time.perf_counter() - start


def _memory(folder: Path) -> float:
    """Most bytes that the processes of a full build hold together, in a build of its own.

    To read it stops a process each time, so that no time is taken of a build that is watched.
    """
    process = _started(folder, MANY, "watched")
    peak = [0.0]
    watch = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watch.start()
    _finished(process)
    return peak[0]


def _started(folder: Path, count: int, out: str, *more: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "harness", "site", "--submissions", f"{folder}/submissions-{count}",
        "--out", f"{folder}/{out}", *more,
    ]  # fmt: skip
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def _finished(process: subprocess.Popen[bytes]) -> None:
    if process.wait():
        sys.exit(f"failed: {process.args!r}")


def _watch(pid: int, peak: list[float]) -> None:
    """Private and shared memory of a process and its children, sampled; shared counted once."""
    try:
        process = psutil.Process(pid)
        while process.is_running():
            every = [process, *process.children(recursive=True)]
            peak[0] = max(peak[0], sum(_own_memory(one) for one in every))
            time.sleep(1)
    except psutil.Error:
        return


def _own_memory(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return 0.0


def _largest(site: Path) -> tuple[float, int]:
    pages = [path for path in site.rglob("*.html") if not path.name.endswith("all.html")]
    size = max(path.stat().st_size for path in pages) / 1000
    rows = max(len(re.findall(r"<tr[ >]", path.read_text(encoding="utf-8"))) for path in pages)
    note(f"{len(pages)} pages, the largest {size:.0f} KB, most rows {rows}")
    return size, rows


def _ready(page: Path) -> float:
    """Milliseconds from the start of a navigation to the end of its load event, median of nine."""
    from playwright.sync_api import sync_playwright

    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for _ in range(9):
            context = browser.new_context()
            tab = context.new_page()
            tab.goto(page.as_uri())
            tab.wait_for_timeout(100)  # the event that ends the wait has not ended itself
            timing = "performance.getEntriesByType('navigation')[0].loadEventEnd"
            times.append(float(tab.evaluate(timing)))
            context.close()
        browser.close()
    note("ready: " + ", ".join(f"{value:.0f}" for value in times) + " ms")
    return statistics.median(times)


if __name__ == "__main__":
    main()
