"""Make vectors of texts with a sentence encoder that lies on this machine; the only file that imports ONNX.

A model is a folder as sentence-transformers writes it: `model.onnx` (or `onnx/model.onnx`) and `tokenizer.json`; how
its words are pooled stands in `1_Pooling/config.json`, else it is the mean. Nothing is ever fetched.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from core.errors import CannotStart

Array = NDArray[Any]

BATCH = 32
TOKENS = 256  # tokens read of a text at most; a model that can read fewer says so
CHARS = 8_000  # characters of a text that are handed to the tokenizer
LARGEST = 4_000_000_000  # bytes of a model
_MODELS = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the folder says: which files, how words are pooled, how many tokens are read, what goes before a text."""

    model: Path
    tokenizer: Path
    pooling: str
    tokens: int
    before: str


def recipe(folder: Path) -> Recipe:
    """Read what a folder says of its model; raises CannotStart with what is missing."""
    model = next((folder / name for name in _MODELS if (folder / name).is_file()), None)
    tokenizer = next((p for p in (folder / "tokenizer.json", folder / "onnx/tokenizer.json") if p.is_file()), None)
    if model is None or tokenizer is None:
        missing = "model.onnx" if model is None else "tokenizer.json"
        raise CannotStart(f"{folder} holds no {missing}; see docs/encoders.md for what a model's folder has.")
    if model.stat().st_size > LARGEST:
        raise CannotStart(f"{model} is larger than {LARGEST // 10**9} GB; take a smaller model.")
    pooling = _pooling(_json(folder / "1_Pooling" / "config.json"))
    own = _json(folder / "sentence_bert_config.json").get("max_seq_length")
    tokens = own if isinstance(own, int) and 2 <= own <= TOKENS else TOKENS
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts")
    before = prompts.get("query", "") if isinstance(prompts, dict) else ""
    return Recipe(model, tokenizer, pooling, tokens, before if isinstance(before, str) else "")


def _pooling(said: dict[str, Any]) -> str:
    for name in ("cls", "max", "mean"):
        keys = {"mean": "pooling_mode_mean_tokens", "max": "pooling_mode_max_tokens", "cls": "pooling_mode_cls_token"}
        if said.get(keys[name]) is True:
            return name
    return "mean"


def _json(path: Path) -> dict[str, Any]:
    """Return a JSON object; nothing where there is no such file. Raises CannotStart where it is damaged."""
    try:
        read = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, orjson.JSONDecodeError) as error:
        raise CannotStart(f"{path} cannot be read ({error}); copy the model anew.") from error
    return read if isinstance(read, dict) else {}


class _Loading:
    """Say of whatever ends the loading of a model which folder it was: both libraries raise errors of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, Exception):
            raise CannotStart(f"The encoder in {self.folder} cannot be loaded: {str(error)[:300]}") from error


class Encoder:
    """A sentence encoder: texts in, vectors of length one out; the same texts give the same vectors."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Load the model and its tokenizer. Raises CannotStart where that fails, or what it needs is not installed."""
        self.recipe = recipe(folder)
        try:
            runtime, tokenizers = importlib.import_module("onnxruntime"), importlib.import_module("tokenizers")
        except ImportError as error:
            raise CannotStart("Encoders need onnxruntime and tokenizers; install copytrail[encoder].") from error
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
        with _Loading(folder):
            self._session = runtime.InferenceSession(
                str(self.recipe.model), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = tokenizers.Tokenizer.from_file(str(self.recipe.tokenizer))
        self._tokenizer.enable_truncation(max_length=self.recipe.tokens)
        self._tokenizer.no_padding()
        self._inputs = {i.name for i in self._session.get_inputs()}
        self._outputs = [output.name for output in self._session.get_outputs()]
        self.name = _name(folder, self.recipe)

    def vectors(self, texts: Sequence[str]) -> Array:
        """Return a float32 row of length one for each text, in their order; rows of nothing are zero."""
        plain = [self.recipe.before + _clean(text) for text in texts]
        encoded = self._tokenizer.encode_batch(plain) if plain else []
        order = sorted(range(len(encoded)), key=lambda n: (len(encoded[n].ids), n))  # little padding
        lots = (order[begin : begin + BATCH] for begin in range(0, len(order), BATCH))
        rows = [self._run([encoded[n] for n in lot]) for lot in lots]
        if not rows:
            return np.zeros((0, 0), np.float32)
        table = np.concatenate(rows)
        out = np.empty_like(table)
        out[order] = table
        return out

    def _run(self, some: Sequence[Any]) -> Array:
        longest = max(1, max(len(one.ids) for one in some))
        ids, mask, types = (np.zeros((len(some), longest), np.int64) for _ in range(3))
        for row, one in enumerate(some):
            ids[row, : len(one.ids)], mask[row, : len(one.ids)] = one.ids, 1
            types[row, : len(one.ids)] = one.type_ids
        every = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        answers = self._session.run(None, {name: value for name, value in every.items() if name in self._inputs})
        return _unit(self._pooled(answers, mask))

    def _pooled(self, answers: Sequence[Array], mask: Array) -> Array:
        """Return one row a text: what the model pooled itself, else the words pooled as its folder says."""
        named = dict(zip(self._outputs, answers, strict=True))
        if "sentence_embedding" in named:
            return np.asarray(named["sentence_embedding"], np.float32)
        words = np.asarray(named.get("last_hidden_state", answers[0]), np.float32)
        if words.ndim == 2:
            return words
        if self.recipe.pooling == "cls":
            return words[:, 0]
        there = mask[:, :, None].astype(np.float32)
        if self.recipe.pooling == "max":
            return np.asarray(np.where(there > 0, words, -np.inf).max(axis=1), np.float32)
        return np.asarray((words * there).sum(axis=1) / np.maximum(there.sum(axis=1), 1.0), np.float32)


def _clean(text: str) -> str:
    return text[:CHARS].encode("utf-8", "replace").decode("utf-8")


def _unit(rows: Array) -> Array:
    rows = np.nan_to_num(rows, posinf=0.0, neginf=0.0)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def _name(folder: Path, said: Recipe) -> str:
    """Return what vectors of this model are stored under: the folder's name, and a digest of model and tokenizer."""
    digest = hashlib.sha256()
    for path in (said.model, said.tokenizer):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    digest.update(f"{said.pooling}/{said.tokens}/{said.before}".encode())
    return f"{folder.resolve().name[:60]}/{digest.hexdigest()[:16]}"
