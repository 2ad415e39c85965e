"""Speed and memory of keyframe extraction, on synthetic 720p videos of several lengths. Writes a table.

    python -m benchmarks.speed.keyframes --out results/keyframes.md [--rounds 3]

Each video is processed in a process of its own, on two cores at most; of several rounds the fastest counts, since
other programs may use the machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from recsys import atomic
from recsys.dataset import Array
from recsys.environment import processor
from recsys.keyframes.selection import of_video
from recsys.keyframes.sift import describe

SIZE, RATE = (720, 1280), 25
SCENE = 75
"""Frames of a scene: a cut every three seconds."""
KEYFRAMES, CORES = 16, 2
CODECS = (("mp4v", "mp4", "MPEG-4"), ("VP80", "webm", "VP8"))
LENGTHS = (20, 60)
"""Seconds of video."""


@dataclass(frozen=True, slots=True)
class Speed:
    """From the file to the descriptors of its keyframes.

    n_keyframes            that were selected
    seconds, cpu_seconds   wall time, and CPU time of all threads
    peak_mb                of the process, 10^6 bytes
    """

    n_keyframes: int
    seconds: float
    cpu_seconds: float
    peak_mb: float


def frames(seconds: int) -> Iterator[Array]:
    """Textures that move by 4 pixels a frame; every SCENE frames another one, of other colours."""
    rng = np.random.default_rng(1)
    texture = np.zeros((*SIZE, 3), np.uint8)
    for number in range(seconds * RATE):
        if number % SCENE == 0:
            colour = rng.integers(0, 192, 3)
            coarse = (colour + rng.integers(0, 64, (SIZE[0] // 16, SIZE[1] // 16, 3))).astype(np.uint8)
            texture = np.repeat(np.repeat(coarse, 16, axis=0), 16, axis=1)
        yield np.roll(texture, 4 * number, axis=1)


def write(file: Path, codec: str, seconds: int) -> None:
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*codec), RATE, (SIZE[1], SIZE[0]))
    if not writer.isOpened():
        raise OSError(f"{file}: this OpenCV cannot write {codec}")
    for frame in frames(seconds):
        writer.write(frame)
    writer.release()


def measure(file: Path) -> Speed:
    """One round, in this process."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    cv2.setNumThreads(CORES)
    wall, cpu = time.perf_counter(), time.process_time()
    selected = of_video(file, KEYFRAMES, CORES)
    for frame in selected:
        describe(frame.picture)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Speed(len(selected), wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


def fastest(file: Path, rounds: int) -> Speed:
    """The best of the rounds by the clock; each in a new process, so that its memory is its own."""
    context = get_context("spawn")
    speeds: list[Speed] = []
    for _ in range(rounds):
        with context.Pool(1) as pool:
            speeds.append(pool.apply(measure, (file,)))
    return min(speeds, key=lambda speed: speed.seconds)


def row(codec: str, length: int, speed: Speed) -> str:
    """A line of the table: frames a second and multiples of real time, by the clock and by CPU seconds."""
    n_frames = length * RATE
    cells = [
        codec,
        f"{length} s",
        f"{speed.n_keyframes}",
        f"{n_frames / speed.seconds:.0f}",
        f"{length / speed.seconds:.1f}",
    ]
    cells += [f"{n_frames / speed.cpu_seconds:.0f}", f"{length / speed.cpu_seconds:.1f}", f"{speed.peak_mb:.0f}"]
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    lines = [
        "# Keyframes: speed and memory",
        "",
        f"Synthetic videos of {SIZE[1]} x {SIZE[0]} at {RATE} frames a second with a cut every {SCENE / RATE:g} s,",
        f"from file to SIFT descriptors, on {CORES} cores at most; the fastest of {options.rounds} rounds by wall",
        "time, on a machine that may be shared. A CPU second is a second of one core: on idle cores it shows the same,",
        "since one thread or another is always at work.",
        "",
        "| video | length | keyframes | frames/s | times real time | frames/CPU s | the same by CPU s | peak MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for codec, ending, name in CODECS:
            for length in LENGTHS:
                file = Path(folder) / f"{length}.{ending}"
                write(file, codec, length)
                lines.append(row(name, length, fastest(file, options.rounds)))
                print(lines[-1], flush=True)
    lines += ["", f"{processor()}; OpenCV {cv2.__version__}. Written by `python -m benchmarks.speed.keyframes`.", ""]
    atomic.write_text(options.out, "\n".join(lines))


if __name__ == "__main__":
    main()
