"""The loading code on a tiny model built here: pooling, truncation, batches, and what is said of a broken folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from core.errors import CannotStart
from matchers import neighbours
from matchers.encoder import BATCH, Encoder, recipe

onnx = pytest.importorskip("onnx")
tokenizers = pytest.importorskip("tokenizers")
pytest.importorskip("onnxruntime")

WORDS = ["[PAD]", "[UNK]", "harbour", "hafen", "goose", "gans", "plum", "tram"]
TABLE = np.array(
    [[0, 0, 0], [0.1, 0.1, 0.1], [1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0.1, 0.9, 0], [0, 0, 1], [0.5, 0, 0.5]],
    np.float32,
)


def model(folder: Path, pooling: str | None = None, **more: Any) -> Path:
    """Write a folder with a model that looks words up in a table, and a tokenizer that parts words at spaces."""
    helper = onnx.helper
    shape = [None, None]
    ids, mask = (
        helper.make_tensor_value_info(name, onnx.TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")
    )
    out = helper.make_tensor_value_info("last_hidden_state", onnx.TensorProto.FLOAT, [None, None, 3])
    table = onnx.numpy_helper.from_array(TABLE, "table")
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    graph = helper.make_graph(nodes, "tiny", [ids, mask], [out], [table])
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(built, folder / "model.onnx")
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.normalizer = tokenizers.normalizers.Lowercase()
    tokenizer.save(str(folder / "tokenizer.json"))
    if pooling:
        (folder / "1_Pooling").mkdir(exist_ok=True)
        said = {"pooling_mode_mean_tokens": False, f"pooling_mode_{pooling}": True}
        (folder / "1_Pooling" / "config.json").write_bytes(orjson.dumps(said))
    for name, content in more.items():
        (folder / f"{name}.json").write_bytes(orjson.dumps(content))
    return folder


def test_texts_become_vectors_of_length_one_in_their_order(tmp_path: Path) -> None:
    encoder = Encoder(model(tmp_path / "tiny"))
    texts = ["harbour", "goose goose plum tram", "Hafen", "plum", ""] + ["gans"] * (BATCH + 3)
    vectors = encoder.vectors(texts)
    assert vectors.shape == (len(texts), 3)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert lengths[4] == 0
    assert np.delete(lengths, 4) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[2] > 0.95 > vectors[0] @ vectors[3]
    assert encoder.vectors([]).size == 0
    assert np.array_equal(encoder.vectors(texts), vectors)


@pytest.mark.parametrize(
    ("pooling", "wanted"),
    [("cls_token", [1, 0, 0]), ("mean_tokens", [1, 1, 0]), ("max_tokens", [1, 1, 0]), (None, [1, 1, 0])],
)  # fmt: skip
def test_words_are_pooled_as_the_folder_says(tmp_path: Path, pooling: str | None, wanted: list[float]) -> None:
    encoder = Encoder(model(tmp_path / "tiny", pooling))
    vector = encoder.vectors(["harbour goose", "harbour harbour goose plum plum"])[0]
    assert vector == pytest.approx(np.array(wanted) / np.linalg.norm(wanted), abs=1e-5)


def test_long_texts_are_cut_and_prompts_put_before(tmp_path: Path) -> None:
    folder = model(tmp_path / "tiny", None, sentence_bert_config={"max_seq_length": 2})
    cut = Encoder(folder)
    assert cut.vectors(["harbour goose " + "plum " * 5_000])[0] == pytest.approx([0.7071, 0.7071, 0], abs=1e-3)
    other = Encoder(model(tmp_path / "b", None, config_sentence_transformers={"prompts": {"query": "plum "}}))
    assert other.vectors(["harbour"])[0] == pytest.approx([0.7071, 0, 0.7071], abs=1e-3)
    assert cut.name != other.name
    assert cut.name.startswith("tiny/")


def test_odd_texts_do_not_stop_a_batch(tmp_path: Path) -> None:
    encoder = Encoder(model(tmp_path / "tiny"))
    vectors = encoder.vectors(["\udcff goose", "\0", "a" * 1_000_000, "\u202egoose", "🚢" * 99])
    assert np.isfinite(vectors).all()


def test_a_broken_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"model\.onnx"):
        recipe(tmp_path)
    folder = model(tmp_path / "tiny")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(CannotStart, match=r"tokenizer\.json"):
        recipe(folder)
    folder = model(tmp_path / "tiny")
    (folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(CannotStart, match="cannot be loaded"):
        Encoder(folder)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_bytes(b"{")
    with pytest.raises(CannotStart, match="copy the model anew"):
        recipe(folder)


def test_nothing_heavy_is_imported_with_the_module() -> None:
    said = "import sys, matchers.encoder; print('onnxruntime' in sys.modules, 'tokenizers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_nearest_are_exact_whatever_the_blocks() -> None:
    chance = np.random.default_rng(3)
    table = chance.normal(size=(300, 16)).astype(np.float32)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    rows = np.arange(300) * 2
    scores = table[:20] @ table.T
    np.fill_diagonal(scores, -1)
    wanted = rows[np.argsort(-scores, axis=1)[:, :4]]
    for size in (7, 300):
        blocks = [(rows[b : b + size], table[b : b + size].astype("<f2")) for b in range(0, 300, size)]
        found = neighbours.nearest(table[:20], blocks, own=rows[:20])
        assert (found.rows[:, 0] == wanted[:, 0]).mean() > 0.9  # float16 may swap neighbours alike to the third place
        assert found.cosines[:, 0] == pytest.approx(scores.max(axis=1), abs=2e-3)
    few = neighbours.nearest(table[:2], [(rows[:2], table[:2])], own=rows[:2])
    assert few.rows[:, 1].tolist() == [-1, -1]
    ratio = neighbours.margins(np.array([0.8]), neighbours.spread(few)[:1], neighbours.spread(few)[1:])
    assert np.isfinite(ratio).all()
