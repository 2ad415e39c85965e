"""Computes the SIFT table that ships with the suite from a folder of pictures named <item id>.jpg.

    python -m benchmarks.sift_table FOLDER --out datasets/ml-100k-sift.parquet

The pictures stay where they are: the table holds 128 numbers a film, from which no picture can be made again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.dataset import DataError
from recsys.features import sift


def pictures(folder: Path) -> dict[int, Path]:
    """Item id -> file, in order of the ids."""
    found = {int(file.stem): file for file in folder.glob("*.jpg") if file.stem.isdecimal()}
    if not found:
        raise DataError(f"{folder}: expected pictures named <item id>.jpg, found none")
    return dict(sorted(found.items()))


def table(folder: Path) -> Any:
    """A pyarrow table, one row a picture with a keypoint: item int32, sift_0 .. sift_127 float32; with provenance."""
    files = pictures(folder)
    vectors = {item: sift.film_vector([sift.read(file)]) for item, file in files.items()}
    known = {item: vector for item, vector in vectors.items() if vector is not None}
    if not known:
        raise DataError(f"{folder}: expected a picture with a keypoint, found none among {len(files)}")
    hashes = "".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in files.values())
    provenance = {
        "what": "mean of the L2-normalised SIFT descriptors of a film's poster, L2-normalised again",
        "settings": json.dumps(dict(sift.SETTINGS)),
        "opencv": sift.OPENCV,
        "pictures": str(len(files)),
        "pictures_without_keypoint": str(len(files) - len(known)),
        "pictures_sha256": hashlib.sha256(hashes.encode()).hexdigest(),
    }
    matrix = np.stack(list(known.values()))
    columns = {"item": pa.array(list(known), pa.int32())}
    columns |= {f"sift_{part}": pa.array(matrix[:, part]) for part in range(sift.SIZE)}
    return pa.table(columns).replace_schema_metadata(provenance)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="pictures named <item id>.jpg")
    parser.add_argument("--out", type=Path, required=True, help="the parquet file to write")
    chosen = parser.parse_args(arguments)
    made = table(chosen.folder)
    pq.write_table(made, chosen.out, compression="zstd", use_dictionary=False, write_statistics=False)
    print(f"{chosen.out}: {made.num_rows} films, {chosen.out.stat().st_size:,} bytes")
    for key, value in made.schema.metadata.items():
        print(f"  {key.decode()}: {value.decode()}")


if __name__ == "__main__":
    main()
