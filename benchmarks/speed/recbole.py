"""RecBole's xDeepFM and the suite's, each trained until it orders held-out rows equally well.

RecBole runs in an interpreter of its own: this file is also the program that runs there, and then needs nothing of the
suite. It reads and writes JSON lines: an epoch's CPU seconds so far, evaluation left out, and the AUC after it.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.speed.xdeepfm import Ours, Task
    from recsys.dataset import Array, Dataset

MOST, PATIENCE = 40, 4
"""Epochs at most, and epochs without a better AUC after which a side stops."""
LIMIT = 1800
"""Seconds RecBole may take."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """CPU seconds of training since the start, and the AUC of the held-out rows."""

    cpu: float
    auc: float


def compare(interpreter: str, task: Task, ours: Ours) -> str:
    """The section of results/speed.md."""
    with tempfile.TemporaryDirectory() as folder:
        _write(task, Path(folder))
        sizes = {  # of the network, in RecBole's words; everything else is RecBole's own default
            "embedding_size": ours.embedding_dim,
            "cin_layer_size": ours.cin,
            "mlp_hidden_size": ours.dnn,
        }
        command = [interpreter, str(Path(__file__).resolve()), folder, json.dumps(sizes)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, cwd=folder)
    if done.returncode:
        raise RuntimeError(f"expected {interpreter} to run RecBole, it failed:\n{done.stderr[-2000:]}")
    lines = [json.loads(line.removeprefix(MARK)) for line in done.stdout.splitlines() if line.startswith(MARK)]
    versions, theirs = lines[0], [Epoch(**line) for line in lines[1:]]
    label = task.test.interactions.rating >= 4
    mine = list(_until_worse(ours.epoch, lambda: _auc(label, ours.logits(task.test))))
    return section(versions, theirs, mine)


MARK = "speed_recbole "
"""What the lines meant for this program begin with: RecBole writes to standard output too."""


def section(versions: dict[str, str], theirs: list[Epoch], ours: list[Epoch]) -> str:
    """In words: what each side needed for the best AUC that both reach."""
    target = min(max(epoch.auc for epoch in theirs), max(epoch.auc for epoch in ours))
    reached = [next(epoch for epoch in side if epoch.auc >= target) for side in (theirs, ours)]
    return f"""RecBole {versions["recbole"]} on torch {versions["torch"]}: its xDeepFM of the
same sizes, all else its own default, on the same fields and rows, one thread. Each side trains until the AUC of the
held-out rows has not risen for {PATIENCE} epochs.

| | RecBole | ours | ratio |
|---|---|---|---|
| best AUC | {max(epoch.auc for epoch in theirs):.4f} | {max(epoch.auc for epoch in ours):.4f} | |
| epochs to AUC {target:.4f} | {theirs.index(reached[0]) + 1} | {ours.index(reached[1]) + 1} | |
| CPU seconds to that AUC | {reached[0].cpu:.1f} | {reached[1].cpu:.1f} | **{reached[0].cpu / reached[1].cpu:.1f}** |"""


def _auc(label: Array, score: Array) -> float:
    """The share of pairs of a liked and another row that are in the right order, equal scores counting half."""
    from scipy.stats import rankdata

    liked = int(label.sum())
    return float((rankdata(score)[label].sum() - liked * (liked + 1) / 2) / (liked * (len(label) - liked)))


def _until_worse(epoch: Callable[[], object], auc: Callable[[], float]) -> Iterator[Epoch]:
    cpu, best, since = 0.0, 0.0, 0
    for _ in range(MOST):
        start = time.process_time()
        epoch()
        cpu += time.process_time() - start
        trained = Epoch(cpu, auc())
        yield trained
        best, since = (trained.auc, 0) if trained.auc > best else (best, since + 1)
        if since == PATIENCE:
            return


def _write(task: Task, folder: Path) -> None:
    """The rows and the fields as RecBole's atomic files, train and test apart."""
    peer = folder / "peer"
    peer.mkdir()

    def write(name: str, dataset: Dataset) -> None:
        interactions = dataset.interactions
        triples = zip(interactions.user, interactions.item, interactions.rating, strict=True)
        lines = [f"{user}\t{item}\t{float(rating >= 4)}" for user, item, rating in triples]
        text = "\n".join(["user_id:token\titem_id:token\tlabel:float", *lines]) + "\n"
        (peer / f"peer.{name}.inter").write_text(text)

    write("train", task.train)
    write("test", task.test)
    fields = task.fields
    users = fields.user_categorical.shape[1]
    items = fields.item_categorical.shape[1]
    for kind, categorical, names in (
        ("user", fields.user_categorical, fields.names[1:users]),
        ("item", fields.item_categorical, fields.names[users + 1 : users + items]),
    ):
        multi_hot = fields.names[users + items :] if kind == "item" else ()
        head = [f"{kind}_id:token", *(f"{name}:token" for name in names)]
        lines = ["\t".join([*head, *(f"{name}:token_seq" for name in multi_hot)])]
        for row, values in enumerate(categorical):
            cells = [str(row), *(str(value) for value in values[1:])]
            first = 0
            for _, size in fields.multi_hot if multi_hot else ():
                flags = fields.item_multi_hot[row, first : first + size] > 0
                cells.append(" ".join(str(value) for value in flags.nonzero()[0]))
                first += size
            lines.append("\t".join(cells))
        (peer / f"peer.{kind}").write_text("\n".join(lines) + "\n")


def _recbole(folder: str, sizes: dict[str, Any]) -> None:
    """In RecBole's interpreter: trains and tells."""
    module: Callable[[str], Any] = importlib.import_module
    torch, recbole = module("torch"), module("recbole")
    torch.set_num_threads(1)
    head = [(Path(folder) / "peer" / f"peer.{kind}").open().readline().split() for kind in ("user", "item")]
    columns = [[cell.partition(":")[0] for cell in line] for line in head]
    settings = {
        "data_path": folder,
        "benchmark_filename": ["train", "test", "test"],
        "load_col": {"inter": ["user_id", "item_id", "label"], "user": columns[0], "item": columns[1]},
        "eval_args": {"split": {"LS": "valid_and_test"}, "group_by": "none", "order": "RO", "mode": "labeled"},
        "metrics": ["AUC"],
        "valid_metric": "AUC",
        "train_neg_sample_args": None,
        "use_gpu": False,
        "show_progress": False,
        "checkpoint_dir": folder,
        **sizes,
    }
    config = module("recbole.config").Config(model="xDeepFM", dataset="peer", config_dict=settings)
    data = module("recbole.data")
    train, valid, _ = data.data_preparation(config, data.create_dataset(config))
    model = module("recbole.utils").get_model("xDeepFM")(config, train.dataset)
    trainer = module("recbole.utils").get_trainer(config["MODEL_TYPE"], "xDeepFM")(config, model)
    print(MARK + json.dumps({"recbole": recbole.__version__, "torch": torch.__version__}), flush=True)
    numbers = iter(range(MOST))

    def auc() -> float:
        return float(trainer.evaluate(valid, load_best_model=False)["auc"])

    for epoch in _until_worse(lambda: trainer._train_epoch(train, next(numbers)), auc):
        print(MARK + json.dumps({"cpu": epoch.cpu, "auc": epoch.auc}), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    _recbole(sys.argv[1], json.loads(sys.argv[2]))
