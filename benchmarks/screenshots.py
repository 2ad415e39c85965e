"""MLflow's pages on a few runs, as a person with a browser sees them; takes the pictures in docs/.

    python -m benchmarks.screenshots        # runs four models on ml-100k and writes docs/mlflow-*.png

Needs Chromium or Chrome, and Playwright of the `dev` packages, which drives it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys import atomic
from recsys.evaluation.metric_name import MetricName
from recsys.output.tracking import MLflow

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[1]
MODELS = ("svdpp", "ease", "tag_weight", "popularity")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120  # seconds to wait for anything: pages are slow where tests of others run beside them

# The comparison is two grids, of names and of cells, that hold only rows near those in sight. In MLflow 3.17 the names
# lag one scroll behind the cells: a scroll of one pixel more brings them level. Gives the cells of a metric's row.
FIND = """async metric => {
    const [names, cells] = [...document.querySelectorAll('.ReactVirtualized__Grid')].slice(-2);
    const side = (element, edge) => element.getBoundingClientRect()[edge];
    const pause = () => new Promise(done => setTimeout(done, 150));
    for (let top = 0; top < cells.scrollHeight; top += 200) {
        for (const offset of [top, top + 1]) { cells.scrollTop = offset; await pause(); }
        const name = [...names.querySelectorAll('a')].find(link => link.textContent === metric)?.parentElement;
        if (!name || side(name, 'top') < side(names, 'top') || side(name, 'bottom') > side(names, 'bottom')) continue;
        const level = [...cells.firstChild.children].filter(
            cell => Math.abs(side(cell, 'top') - side(name, 'top')) < 3);
        return level.sort((a, b) => side(a, 'left') - side(b, 'left')).map(cell => cell.textContent);
    }
}"""
# A chart is drawn before the histories of its runs have come.
DRAWN = """([count, runs]) => {
    const charts = [...document.querySelectorAll('.js-plotly-plot')];
    const whole = lines => lines.every(line => line.x && line.x.length > 1);
    return charts.length === count
        && charts.every(chart => new Set(chart.data.map(line => line.name)).size === runs && whole(chart.data));
}"""
LINES = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(chart => chart.data.map(
    line => ({metric: line.metricKey, name: line.name, x: [...line.x], y: [...line.y]})))"""


class NotShown(RuntimeError):
    """A page, or the server, did not come up; the message says what was waited for."""


def chromium() -> str | None:
    """The browser's program, where there is one."""
    return next((program for name in BROWSERS if (program := shutil.which(name))), None)


@contextmanager
def server(uri: str, log: Path) -> Generator[str]:
    """`mlflow ui` on a free port; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["ui", "--backend-store-uri", uri, "--port", str(port), "--workers", "1"]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    address = f"http://127.0.0.1:{port}"
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(
            [sys.executable, "-m", "mlflow", *command], env=os.environ | quiet, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            _await(f"{address}/health", process, log)
            yield address
        finally:
            process.terminate()


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise NotShown(f"expected `mlflow ui` to answer at {address} within {PATIENCE} s, it did not; see {log}")


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a chart."""

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


class Pages:
    """The pages of one experiment. Every step waits for what it needs, at most `PATIENCE` seconds."""

    def __init__(self, page: Page, address: str, experiment: str) -> None:
        self.page, self.runs = page, f"{address}/#/experiments/{experiment}/runs"

    def names(self) -> list[str]:
        """The runs of the list."""
        self._open(f"{self.runs}?compareRunsMode=TABLE", ())
        rows = self.page.locator(".ag-row").get_by_role("link").filter(has_not_text="(")  # no data sets
        rows.first.wait_for()
        return rows.all_inner_texts()

    def charts(self, search: str, count: int, models: Sequence[str]) -> dict[str, list[Curve]]:
        """The charts whose metric matches `search`, a regular expression, once each shows all models: metric -> lines.

        `count` is how many there should be.
        """
        self._open(f"{self.runs}?compareRunsMode=CHART", models)
        self.page.get_by_placeholder("Search metric charts").fill(search)
        self.page.wait_for_function(DRAWN, arg=[count, len(models)])
        curves: dict[str, dict[str, Curve]] = {}
        for line in self.page.evaluate(LINES):  # each run has its line and a band beside it, of the same points
            curve = Curve(line["name"], tuple(line["x"]), tuple(line["y"]))
            curves.setdefault(line["metric"], {})[curve.name] = curve
        return {metric: list(lines.values()) for metric, lines in curves.items()}

    def compare(self, models: Sequence[str]) -> None:
        """Ticks the models' runs in the list and presses Compare."""
        self._open(f"{self.runs}?compareRunsMode=TABLE", models)
        for model in models:
            self._row(model).locator(".ag-checkbox-input-wrapper").first.click()
        self.page.get_by_role("button", name="Compare", exact=True).click()
        self.page.get_by_text(f"Comparing {len(models)} Runs").wait_for()
        self.page.get_by_role("link", name="fit_s", exact=True).wait_for()  # a metric: the table has come, too

    def table(self, metrics: Sequence[str]) -> dict[str, dict[str, str]]:
        """The cells of the comparison's table: metric -> run name -> text. `compare` comes before."""
        row = self.page.get_by_role("row").filter(has_text="Run Name:")
        names = [cell.inner_text().strip() for cell in row.get_by_role("cell").all()]
        table: dict[str, dict[str, str]] = {}
        for metric in metrics:
            cells = self.page.evaluate(FIND, metric)
            if not cells or not all(cells):
                raise NotShown(f"expected a row {metric} with a value for each run in the comparison, got {cells}")
            table[metric] = dict(zip(names, cells, strict=True))
        return table

    def picture(self, file: Path) -> None:
        """What is in sight, as a PNG."""
        self.page.mouse.move(0, 0)  # nothing lies under the pointer and shows a hint
        atomic.write_bytes(file, self.page.screenshot(animations="disabled"))

    def _open(self, address: str, models: Sequence[str]) -> None:
        self.page.goto("about:blank")  # a change of what follows # alone would load nothing anew
        self.page.goto(address)
        for model in models:
            self._row(model).first.wait_for()
        panel = self.page.get_by_role("button", name="Close", exact=True)
        if panel.is_visible():  # an assistant that takes a quarter of the window
            panel.click()

    def _row(self, model: str) -> Locator:
        return self.page.locator(".ag-row", has=self.page.get_by_role("link", name=model, exact=True))


@contextmanager
def browse(program: str, width: int = 1280, height: int = 1120) -> Generator[Page]:
    """A window without a screen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE * 1000)
        yield page
        browser.close()


def experiment(uri: str, name: str) -> str:
    """The number that MLflow gave an experiment."""
    tracked = MLflow(uri=uri).client().get_experiment_by_name(name)
    if tracked is None:
        raise NotShown(f"expected an experiment {name} in {uri}, found none")
    return str(tracked.experiment_id)


def sweep(models: Sequence[str], options: Sequence[str], uri: str, folder: Path) -> dict[str, Any]:
    """One command that runs all models, in one process, since they are small; model -> its summary."""
    overrides = ["-m", f"model={','.join(models)}", *options, "executor=local", f"tracking.uri={uri}"]
    folders = [f"hydra.sweep.dir={folder}", "hydra.sweep.subdir=${hydra:runtime.choices.model}"]
    subprocess.run([sys.executable, ROOT / "run.py", *overrides, *folders], cwd=ROOT, check=True)
    files = {model: folder / model / "summary.json" for model in models}
    return {model: json.loads(file.read_text(encoding="utf-8")) for model, file in files.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where the pictures go")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    program = chromium()
    if program is None:
        print(f"expected a browser, one of {', '.join(BROWSERS)}, found none; install chromium", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        uri = f"sqlite:///{folder}/mlflow.db"
        sweep(MODELS, [f"split.repeats={options.repeats}", "dataset.fallback=null"], uri, folder / "runs")
        with server(uri, folder / "server.log") as address, browse(program) as page:
            pages = Pages(page, address, experiment(uri, "ml-100k"))
            pages.charts("/precision$", 2, MODELS)
            pages.picture(options.out / "mlflow-runs.png")
            pages.compare(MODELS)
            for section in ("Visualizations", "Parameters"):  # folded, names and metrics stand in one picture
                page.get_by_role("button", name=section, exact=True).click()
            pages.table([str(MetricName("rated", "precision", 10))])  # scrolls there
            pages.picture(options.out / "mlflow-compare.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
