"""A saved model loads as it was, holds no code, and is refused where it is not what `save` wrote."""

from __future__ import annotations

import ast
import dataclasses
import io
import json
import math
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from recsys import atomic
from recsys.features.item_item import ItemItemSettings
from recsys.models.tag_weight import TagWeight
from recsys.recommender import ByObjective, ItemScorer
from recsys.store.learned import NotLoaded, NotSaved, load, save
from tests.worlds import crossing

ROOT = Path(__file__).resolve().parents[2]
OWN = (__name__.split(".")[0],)


@dataclass(frozen=True, slots=True)
class Held:
    value: Any


@dataclass(frozen=True)
class Squares:
    numbers: tuple[int, ...]

    @cached_property
    def squares(self) -> Any:
        return object()  # nothing that could be saved


class Plain: ...


def again(value: Any, folder: Path) -> Any:
    save(Held(value)).write(folder)
    return load(folder, OWN).value


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        2**80,
        -0.0,
        0.1,
        5e-324,
        math.inf,
        -math.inf,
        "",
        'a "quote",\nä, 影 and \ud800',
        (),
        (1, (2.0,), ["a", []]),
        {"a": 1, 2: "b", ("c", 3): (4,), None: {}},
        {1, 2},
        frozenset({"rating"}),
        ItemItemSettings(ease_l2=3.5),
    ],
    ids=repr,
)
def test_plain_values_keep_their_types(value: Any, tmp_path: Path):
    loaded = again(value, tmp_path)
    assert (type(loaded), repr(loaded), loaded) == (type(value), repr(value), value)


def test_mappings_keep_their_order_and_kind(tmp_path: Path):
    loaded = again(MappingProxyType({"b": 1, "a": MappingProxyType({})}), tmp_path)
    assert type(loaded) is type(loaded["a"]) is MappingProxyType
    assert list(loaded) == ["b", "a"]


def test_a_number_that_is_none_stays_none(tmp_path: Path):
    assert math.isnan(again((1, math.nan), tmp_path)[1])


@pytest.mark.parametrize(
    "values",
    [
        np.array([[1.5, np.nan], [-np.inf, -0.0]], np.float32),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12).reshape(3, 4)[:, ::2],
        np.zeros((0, 3), np.int8),
        np.array(7),
        np.array(["a", "film"]),
        np.array([True, False]),
        np.array(["2020-01-01"], "datetime64[s]"),
    ],
    ids=["floats", "columns first", "every second", "empty", "a single one", "text", "bool", "time"],
)
def test_arrays_keep_their_bits_and_are_read_only(values: np.ndarray, tmp_path: Path):
    loaded = again(values, tmp_path)
    assert (loaded.dtype, loaded.shape, loaded.tobytes()) == (values.dtype, values.shape, values.tobytes())
    assert loaded.flags.f_contiguous == values.flags.f_contiguous
    assert not loaded.flags.writeable


@pytest.mark.parametrize("value", [np.float32(0.1), np.float64(np.nan), np.int64(3), np.bool_(True), np.str_("a")])
def test_a_scalar_of_an_array_keeps_its_type(value: Any, tmp_path: Path):
    loaded = again(value, tmp_path)
    assert type(loaded) is type(value)
    assert loaded.tobytes() == value.tobytes()


def test_an_array_that_is_held_twice_is_written_and_loaded_once(tmp_path: Path):
    values = np.arange(5)
    saved = save(Held((values, {"again": values}, values.copy())))
    assert len(saved.arrays) == 2
    saved.write(tmp_path)
    first, second, other = load(tmp_path, OWN).value
    assert first is second["again"]
    assert other.tolist() == first.tolist()


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array])
def test_sparse_matrices_keep_the_order_of_their_entries(kind: Any, tmp_path: Path):
    parts = np.array([3.0, 1.0, 2.0], np.float32), np.array([2, 0, 1]), np.array([0, 2, 2, 3])
    matrix = kind(parts, shape=(3, 3))
    loaded = again(matrix, tmp_path)
    assert type(loaded) is kind
    for part in ("data", "indices", "indptr"):
        assert getattr(loaded, part).tolist() == getattr(matrix, part).tolist()
        assert not getattr(loaded, part).flags.writeable
    assert (loaded @ np.eye(3)).tolist() == (matrix @ np.eye(3)).tolist()


@pytest.mark.slow
def test_an_estimator_of_scikit_learn_predicts_as_before(tmp_path: Path):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features = np.random.default_rng(1).normal(size=(50, 3))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, features[:, 0] > 0)
    loaded = again((model,), tmp_path)[0]
    assert loaded.predict_proba(features).tobytes() == model.predict_proba(features).tobytes()


@pytest.mark.slow
def test_an_estimator_with_a_function_is_refused():
    from sklearn.preprocessing import FunctionTransformer

    with pytest.raises(NotSaved, match=r"the scorer\.value\[0\] holds test_learned\.again"):
        save(Held([FunctionTransformer(again)]))


def test_what_is_computed_when_asked_for_is_not_saved(tmp_path: Path):
    value = Squares((1, 2))
    computed = value.squares
    loaded = again(value, tmp_path)
    assert loaded == value
    assert loaded.squares is not computed


def test_a_scorer_explains_as_before(tmp_path: Path):
    scorer = TagWeight(tags=("genres",)).fit(crossing(), 1)
    save(scorer).write(tmp_path)
    loaded = load(tmp_path)
    explained = [scorer.explain(user, 3) for user in range(20)]
    assert any(explained)
    assert [loaded.explain(user, 3) for user in range(20)] == explained


def itself() -> list[Any]:
    held: list[Any] = []
    held.append(held)
    return held


def with_another_attribute() -> Squares:
    value = Squares(())
    object.__setattr__(value, "other", 1)
    return value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (lambda: 1, r"the scorer\.value is of type function"),
        ({"a": (1, Plain())}, r"the scorer\.value\['a'\]\[1\] is of type test_learned\.Plain"),
        (Held(Plain), r"the scorer\.value\.value is of type type"),
        (OrderedDict(a=1), "OrderedDict"),
        (b"bytes", "of type bytes"),
        (sparse.coo_matrix((2, 2)), "coo_matrix.*csr or csc"),
        (np.array([Plain()]), "array of Python objects"),
        (np.ma.masked_array([1]), "MaskedArray"),
        (itself(), "holds itself"),
        (with_another_attribute(), r"the scorer\.value\.other is no field"),
    ],
)
def test_what_is_no_data_is_refused_with_its_place(value: Any, words: str):
    with pytest.raises(NotSaved, match=words):
        save(Held(value))


def test_a_class_of_a_function_is_refused():
    made = dataclasses.make_dataclass("Made", ["value"], frozen=True)
    made.__qualname__ = "outer.<locals>.Made"
    with pytest.raises(NotSaved, match="move the class to its module"):
        save(made(1))


def test_equal_models_are_equal_files(tmp_path: Path):
    for place in ("one", "other"):
        save(ItemScorer(np.arange(4.0))).write(tmp_path / place)
    for name in ("scorer.json", "scorer.npz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The folder of a small scorer, as a run holds it."""
    weights = sparse.csr_matrix(np.eye(3, dtype=np.float32))
    with atomic.folder(tmp_path / "model") as folder:
        save(ByObjective({"rating": ItemScorer(np.arange(3.0)), "implicit": Held(weights)})).write(folder)
    return tmp_path / "model"


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes the document as somebody would who also deletes the checksums."""
    (folder / atomic.CHECKSUMS).unlink(missing_ok=True)
    document = json.loads((folder / "scorer.json").read_text())
    change(document)
    (folder / "scorer.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    "name",
    [
        "os:system",
        "subprocess:Popen",
        "builtins:eval",
        "recsys.atomic:write_bytes",
        "recsys.atomic:os.system",
        "recsys.atomic:Path",
        "recsys.store.codec:Encoder",
        "recsys.recommender:Scorer",
        "recsys.recommender:no_such_class",
        "recsys.no_such_module:Scorer",
        "recsys:",
        "recsys.recommender",
        "../recsys:Scorer",
        "numpy:ndarray",
        "test_learned:Held",
    ],
)
def test_a_document_that_names_anything_but_a_trusted_dataclass_is_refused(saved: Path, name: str):
    def change(document: dict[str, Any]) -> None:
        document["classes"] = [name]
        document["scorer"] = {"class": name, "fields": {"args": "echo"}}

    edit(saved, change)
    with pytest.raises(NotLoaded, match=name.replace("..", r"\.\.")):
        load(saved)


def test_no_module_is_imported_for_a_class_that_is_refused(saved: Path):
    edit(saved, lambda document: document.update(classes=["antigravity:Joke"]))
    with pytest.raises(NotLoaded, match="antigravity"):
        load(saved)
    assert "antigravity" not in sys.modules


def test_a_package_is_trusted_where_it_is_named(saved: Path):
    with pytest.raises(NotLoaded, match=r"test_learned:Held.*packages="):
        load(saved)
    assert load(saved, OWN).models["implicit"].value.nnz == 3


def test_a_class_that_the_document_does_not_list_is_refused(saved: Path):
    def change(document: dict[str, Any]) -> None:
        document["scorer"] = {"class": "recsys.recommender:ItemKnn", "fields": {}}

    edit(saved, change)
    with pytest.raises(NotLoaded, match="not as save writes it"):
        load(saved, OWN)


@pytest.mark.parametrize("fields", [{}, {"value": 1, "other": 2}, {"other": 1}])
def test_other_fields_than_the_classes_own_are_refused(saved: Path, fields: dict[str, int]):
    edit(saved, lambda document: document.update(scorer={"class": "test_learned:Held", "fields": fields}))
    with pytest.raises(NotLoaded, match=r"has the fields \['value'\]"):
        load(saved, OWN)


def test_another_format_is_refused(saved: Path):
    edit(saved, lambda document: document.update(format=99))
    with pytest.raises(NotLoaded, match=r"of format 1, got 99.*fit the model again"):
        load(saved, OWN)


@pytest.mark.parametrize("document", [[], {}, 3, {"format": 1}, {"format": 1, "classes": 5}])
def test_what_is_no_document_is_refused(saved: Path, document: Any):
    edit(saved, lambda _: None)
    (saved / "scorer.json").write_text(json.dumps(document))
    with pytest.raises(NotLoaded, match="fit the model again"):
        load(saved, OWN)


@pytest.mark.parametrize(
    "node", [{"float": "x"}, {"call": "print"}, {"array": "a9"}, {"dict": [[{"list": []}, 1]]}, []]
)
def test_values_that_save_does_not_write_are_refused(saved: Path, node: Any):
    edit(saved, lambda document: document.update(scorer=node))
    with pytest.raises(NotLoaded, match="not as save writes it"):
        load(saved, OWN)


def test_a_sparse_matrix_that_points_outside_is_refused(saved: Path):
    edit(saved, lambda document: None)
    with np.load(saved / "scorer.npz") as opened:
        arrays = dict(opened)
    (indices,) = (name for name, values in arrays.items() if values.dtype == np.int32 and len(values) == 3)
    np.savez(saved / "scorer.npz", **{**arrays, indices: np.array([0, 1, 10**6], np.int32)})
    with pytest.raises(NotLoaded, match="not as save writes it"):
        load(saved, OWN)


@pytest.mark.parametrize("name", ["scorer.json", "scorer.npz"])
@pytest.mark.parametrize("checksums", [True, False], ids=["with checksums", "without checksums"])
@pytest.mark.parametrize("keep", [None, 0, 0.5], ids=["missing", "empty", "cut off"])
def test_damaged_files_are_refused(saved: Path, name: str, checksums: bool, keep: float | None):
    file = saved / name
    content = file.read_bytes()
    file.unlink()
    if keep is not None:
        file.write_bytes(content[: int(keep * len(content))])
    if not checksums:
        (saved / atomic.CHECKSUMS).unlink()
    with pytest.raises(NotLoaded, match="fit the model again"):
        load(saved, OWN)


def test_a_single_changed_byte_is_refused(saved: Path):
    content = bytearray((saved / "scorer.npz").read_bytes())
    content[len(content) // 3] ^= 1
    (saved / "scorer.npz").write_bytes(content)
    with pytest.raises(NotLoaded, match="another checksum"):
        load(saved, OWN)


def test_no_folder_at_all_is_refused(tmp_path: Path):
    with pytest.raises(NotLoaded, match="nowhere"):
        load(tmp_path / "nowhere")


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (sys.exit, ("opened",))


def test_a_pickle_among_the_arrays_is_never_opened(saved: Path):
    (saved / atomic.CHECKSUMS).unlink()
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([Bomb()], object), allow_pickle=True)
    with zipfile.ZipFile(saved / "scorer.npz", "a") as archive:
        archive.writestr("a9.npy", buffer.getvalue())
    with pytest.raises(NotLoaded, match="allow_pickle"):
        load(saved, OWN)


def test_a_model_of_other_code_is_refused_and_one_of_other_comments_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    text = "from dataclasses import dataclass\nimport own_part\n@dataclass(frozen=True)\nclass Own:\n    value: int\n"
    (tmp_path / "own_model.py").write_text(text)
    (tmp_path / "own_part.py").write_text("PART = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import own_model  # pyright: ignore[reportMissingImports]

    save(own_model.Own(3)).write(tmp_path / "model")
    (tmp_path / "own_part.py").write_text("PART = 1  # of what\n")
    assert load(tmp_path / "model", ("own_model",)).value == 3
    (tmp_path / "own_part.py").write_text("PART = 2\n")
    with pytest.raises(NotLoaded, match=r"saved by other code.*fit it again, or load it with the code of commit"):
        load(tmp_path / "model", ("own_model",))


def test_nothing_in_the_suite_opens_a_pickle_but_what_its_own_processes_say():
    """Executors pickle what goes between the processes of one run; no file is one."""
    picklers = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    between_processes = ROOT / "recsys/execution"
    files = [file for file in (ROOT / "recsys").rglob("*.py") if not file.is_relative_to(between_processes)]
    assert len(files) > 100
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not picklers & {name.split(".")[0] for name in names}, file
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, file
