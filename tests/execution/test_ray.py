"""Repeats on a cluster of two nodes, which are processes of this machine: what comes back is what is found here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import RandomSplit
from recsys.execution import ray_cluster
from recsys.execution.executor import Work
from recsys.execution.local import Local
from recsys.execution.ray_cluster import ClusterError, Ray
from recsys.models.ease import Ease
from recsys.models.fm import Fm
from recsys.recommender import ItemScorer
from recsys.results import Job
from recsys.store.shard import Shard
from recsys.task import Model
from tests.execution.shards import assert_equal
from tests.models.click_through import SHARED, TRAINING
from tests.worlds import crossing, dense

ROOT = Path(__file__).parents[2]
RATED = Protocol("rated", "held_out", 4.0, "rating", (1, 3, 10))
FULL = Protocol("full", "unseen", 4.0, "implicit", (1, 3, 10))


@dataclass(frozen=True)
class Slow:
    """Draws its scores from the repeat's seed, after so many seconds; writes a line into the file when it begins."""

    seconds: float
    begun: str

    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        with Path(self.begun).open("a") as file:
            file.write(f"{seed}\n")
        time.sleep(self.seconds)
        return ItemScorer(np.random.default_rng(seed).random(len(train.items)))


@dataclass(frozen=True)
class FirstAlone:
    """The repeat that begins first, whichever that is, ends at once; all others take an hour."""

    begun: str

    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        try:
            Path(self.begun).touch(exist_ok=False)
        except FileExistsError:
            time.sleep(3600)
        return ItemScorer(np.random.default_rng(seed).random(len(train.items)))


@dataclass(frozen=True)
class Refuses:
    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        raise DataError(f"expected other ratings than these {len(train)}")


@pytest.fixture(scope="module")
def head() -> Iterator[Any]:
    """A cluster of one node that computes nothing."""
    pytest.importorskip("ray", reason="Ray is not installed: make setup-ray")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield cluster
    cluster.shutdown()


@pytest.fixture
def cluster(head: Any) -> Any:
    """The same with two nodes of a CPU each."""
    while len(head.worker_nodes) < 2:
        head.add_node(num_cpus=1)
    return head


@pytest.fixture
def driver(cluster: Any) -> Iterator[Any]:
    """This process as a driver whose tasks find the models of this file."""
    import ray

    paths = os.pathsep.join(map(str, (ROOT, Path(__file__).parent)))
    ray.init(cluster.address, runtime_env={"env_vars": {"PYTHONPATH": paths}}, log_to_driver=False)
    yield ray
    ray.shutdown()


def all_repeats(model: Model, data: Dataset, repeats: int, keep_model: bool = False) -> list[Work]:
    job = Job("a", 1, Rank(), data, RandomSplit(repeats), (RATED, FULL), model)
    return [Work(job, number, keep_model) for number in job.splitter.numbers]


def assert_the_same(found: dict[int, Shard], expected: dict[int, Shard]) -> None:
    assert sorted(found) == sorted(expected)
    for place, shard in expected.items():
        assert_equal(found[place], shard)


@pytest.mark.slow
def test_a_cluster_finds_what_this_process_finds_to_the_bit(cluster: Any) -> None:
    import ray

    work = [*all_repeats(Ease(), dense(3), 6, keep_model=True), *all_repeats(Ease(damping=3), dense(4), 2)]
    found = dict(Ray(cluster.address).run(work))
    assert_the_same(found, dict(Local().run(work)))
    assert not ray.is_initialized()


@pytest.mark.slow
def test_a_network_learns_the_same_on_the_cluster(cluster: Any) -> None:
    training = replace(TRAINING, epochs=2)
    model = Fm(**{**SHARED, "rating": training, "implicit": training})
    work = all_repeats(model, crossing(), 2)
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:  # TensorFlow's threads are set once in a process
        expected = fresh.submit(finish, work).result()
    assert_the_same(dict(Ray(cluster.address).run(work)), expected)


def finish(work: Sequence[Work]) -> dict[int, Shard]:
    return dict(Local().run(work))


@pytest.mark.slow
def test_repeats_of_a_node_that_goes_away_run_again_on_another(cluster: Any, driver: Any, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    work = all_repeats(Slow(3, str(begun)), dense(3), 6)
    running = Ray(cluster.address).run(work)
    found = dict([next(running)])
    while len(begun.read_text().splitlines()) < 4:  # both nodes are in the middle of their second repeat
        time.sleep(0.1)
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
    found |= dict(running)
    assert len(begun.read_text().splitlines()) > 6
    assert_the_same(found, dict(Local().run(all_repeats(Slow(0, str(begun)), dense(3), 6))))
    assert driver.is_initialized()  # who was connected before stays so


@pytest.mark.slow
def test_an_error_of_a_repeat_comes_in_its_own_type(cluster: Any, driver: Any) -> None:
    with pytest.raises(DataError, match="expected other ratings than these") as caught:
        list(Ray(cluster.address).run(all_repeats(Refuses(), dense(3), 2)))
    assert type(caught.value) is DataError
    assert "in fit" in str(caught.value.__cause__)


@pytest.mark.slow
def test_a_model_that_the_nodes_cannot_import_is_one_sentence(cluster: Any) -> None:
    with pytest.raises(ClusterError, match=r"No module named 'test_ray'; every node needs the packages") as caught:
        list(Ray(cluster.address).run(all_repeats(Refuses(), dense(3), 1)))
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_node_with_other_package_versions_is_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {**ray_cluster.installed_packages(), "numpy": "0.1"}
    monkeypatch.setattr(ray_cluster, "installed_packages", lambda: installed)
    with pytest.raises(ClusterError, match=r"has numpy [\d.]+ where this machine has 0\.1: install"):
        list(Ray(cluster.address).run(all_repeats(Ease(), dense(3), 1)))


@pytest.mark.slow
def test_repeats_wait_for_a_node_with_cpus_enough_and_say_so(
    cluster: Any, driver: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    work = all_repeats(Ease(), dense(3), 1)
    with ThreadPoolExecutor() as beside:
        found = beside.submit(lambda: dict(Ray(cluster.address, threads=2).run(work)))
        said, deadline = "", time.monotonic() + 120
        while not said:
            assert time.monotonic() < deadline, "nothing was said"
            time.sleep(0.2)
            said = capsys.readouterr().err
        assert said.startswith("No node of the cluster has 2 CPUs now, the largest has 1: the repeats wait")
        assert not found.done()
        large = cluster.add_node(num_cpus=2)
        assert found.result(timeout=300)[0].finished.threads == 2
    cluster.remove_node(large)


@pytest.mark.slow
def test_closing_the_generator_stops_what_still_runs(cluster: Any, driver: Any, tmp_path: Path) -> None:
    running = Ray(cluster.address).run(all_repeats(FirstAlone(str(tmp_path / "begun")), dense(3), 5))
    next(running)
    running.close()
    deadline = time.monotonic() + 120
    while driver.available_resources().get("CPU", 0) < 2:
        assert time.monotonic() < deadline, "a repeat still holds its CPU"
        time.sleep(0.2)


@pytest.mark.slow
def test_without_a_cluster_one_of_this_machine_is_started_and_ended_and_the_screen_stays_empty(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: make setup-ray")
    script = (
        "from recsys.execution.ray_cluster import Ray\n"
        "from recsys.models.ease import Ease\n"
        "from tests.execution.test_ray import all_repeats, assert_the_same, dense, finish\n"
        "if __name__ == '__main__':\n"
        "    work = all_repeats(Ease(), dense(3), 3)\n"
        "    assert_the_same(dict(Ray(None).run(work)), finish(work))\n"
        "    import ray; assert not ray.is_initialized()"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}  # Ray writes its token to ~/.ray
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_no_cluster_is_one_sentence_that_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: make setup-ray")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        for asked in (address, "auto"):
            with pytest.raises(ClusterError, match=r"ray start --head.*executor\.address=null") as caught:
                next(Ray(asked).run(all_repeats(Ease(), dense(3), 1)))
            assert str(caught.value).startswith(f"executor.address={asked}: expected a Ray cluster")
            assert "\n" not in str(caught.value)


def test_without_ray_one_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match="make setup-ray"):
        next(Ray().run(all_repeats(Ease(), dense(3), 1)))


def test_what_is_said_of_where_repeats_run() -> None:
    assert Ray().describe(4) == "the Ray cluster of this machine"
    assert Ray(None).describe(4) == "Ray on this machine"
    assert Ray("head:6379").describe(4) == "the Ray cluster at head:6379"
