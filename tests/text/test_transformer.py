"""A transformers model in a folder, on tiny ones that the tests make: means by hand, padding, and folders of no use."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.store import learned
from recsys.text.embedder import Embedder
from recsys.text.transformer import Transformer

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "sun", "moon", "star", "rain")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one layer with random weights, its words those above."""
    from recsys.nn import keras  # first: it tells transformers to say no more than errors

    from transformers import BertConfig, BertTokenizerFast, TFBertModel  # isort: skip

    made = tmp_path_factory.mktemp("models") / "tiny"
    made.mkdir()
    (made / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    BertTokenizerFast(str(made / "vocab.txt")).save_pretrained(made)
    keras.utils.set_random_seed(1)
    model = TFBertModel(
        BertConfig(
            vocab_size=len(WORDS),
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=64,
            initializer_range=0.5,
        )
    )
    model(np.array([[2, 3]]))  # not build(), which gives variables names that are not found again
    model.save_pretrained(made)
    return made


def test_it_is_an_embedder():
    assert isinstance(Transformer("anywhere"), Embedder)


@pytest.mark.slow
def test_a_vector_is_the_mean_over_the_tokens_of_the_text_alone(folder: Path):
    from transformers import TFBertModel

    fitted = Transformer(str(folder), max_length=64).fit((), 1)
    (vector,) = fitted.embed(("sun moon",))
    tokens = np.array([[2, 5, 6, 3]])  # [CLS] sun moon [SEP], without padding
    mean = TFBertModel.from_pretrained(folder)(tokens).last_hidden_state.numpy()[0].mean(axis=0)
    assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


@pytest.mark.slow
def test_a_row_does_not_depend_on_the_other_texts(folder: Path):
    fitted = Transformer(str(folder), max_length=64, batch_size=4).fit((), 1)
    texts = ("sun", "", "rain " * 40, "moon star", "star moon", "rain " * 90, "unheard words", "sun " * 15, " ")
    together = fitted.embed(texts)
    alone = np.concatenate([fitted.embed((text,)) for text in texts])
    assert together.tobytes() == alone.tobytes()
    assert np.linalg.norm(together, axis=1) == pytest.approx([1, 0, 1, 1, 1, 1, 1, 1, 0], abs=1e-6)
    assert len(np.unique(together.round(4), axis=0)) == 8  # all differ, but for the two empty ones


@pytest.mark.slow
def test_a_text_is_read_up_to_its_greatest_length(folder: Path):
    fitted = Transformer(str(folder), max_length=6).fit((), 1)
    long, same_begin, other = fitted.embed(("sun moon star rain rain", "sun moon star rain moon", "sun moon star sun"))
    assert long.tobytes() == same_begin.tobytes()
    assert np.abs(long - other).max() > 1e-3


@pytest.mark.slow
def test_a_saved_embedder_gives_the_same_vectors_and_refuses_another_model_in_its_place(folder: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    fitted = Transformer(str(copy), max_length=32).fit((), 1)
    learned.save(fitted).write(tmp_path / "saved")
    loaded = learned.load(tmp_path / "saved")
    assert loaded.embed(("sun rain",)).tobytes() == fitted.embed(("sun rain",)).tobytes()
    (copy / "note.txt").write_text("another model", encoding="utf-8")
    with pytest.raises(DataError, match="expected the transformers model that was there at the fit"):
        loaded.embed(("sun rain",))


@pytest.mark.slow
def test_weights_as_safetensors_of_torch_are_read_without_torch(folder: Path, tmp_path: Path):
    from safetensors.numpy import save_file
    from transformers import TFBertModel

    as_torch = tmp_path / "torch"
    shutil.copytree(folder, as_torch, ignore=shutil.ignore_patterns("*.h5"))
    names = {"gamma": "weight", "beta": "bias", "kernel": "weight", "embeddings": "weight"}
    weights = {}
    for variable in TFBertModel.from_pretrained(folder).weights:
        *parts, last = variable.name.partition(":")[0].split("/")[2:]
        values = variable.numpy().T if last == "kernel" else variable.numpy()
        name = ".".join([*parts, names.get(last, last)]).replace("layer_._", "layer.")
        weights[name] = np.ascontiguousarray(values)
    save_file(weights, as_torch / "model.safetensors", {"format": "pt"})
    texts = ("sun moon", "rain")
    expected = Transformer(str(folder), max_length=32).fit((), 1).embed(texts)
    assert Transformer(str(as_torch), max_length=32).fit((), 1).embed(texts) == pytest.approx(expected, abs=1e-5)


def test_a_folder_that_is_not_there_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(DataError, match=r"nowhere: expected a folder with a transformers model, found none; save one"):
        Transformer(str(tmp_path / "nowhere")).fit((), 1)


@pytest.mark.slow
def test_a_folder_without_a_model_or_with_half_of_one_is_refused_in_a_sentence(folder: Path, tmp_path: Path):
    empty = tmp_path / "empty"
    empty.mkdir()
    bare = tmp_path / "bare"
    shutil.copytree(folder, bare, ignore=shutil.ignore_patterns("*.h5"))
    deeper = tmp_path / "deeper"  # its configuration asks for a layer that the weights do not have
    shutil.copytree(folder, deeper)
    config = json.loads((deeper / "config.json").read_text(encoding="utf-8"))
    (deeper / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 2}), encoding="utf-8")
    for broken in (empty, bare, deeper):
        with pytest.raises(DataError, match="expected a transformers model with its tokenizer and weights") as caught:
            Transformer(str(broken), max_length=32).fit((), 1)
        assert str(caught.value).startswith(str(broken))
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_more_tokens_than_the_model_reads_are_refused(folder: Path):
    with pytest.raises(DataError, match=r"embedder\.max_length: expected at most the 64 tokens .* got 256"):
        Transformer(str(folder)).fit((), 1)
