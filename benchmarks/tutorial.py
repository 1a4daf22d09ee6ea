"""The other side of the benchmarks: what llama-index's tutorials teach, with the same model and the same text.

    python -m benchmarks.tutorial index DOCUMENTS STORE
    python -m benchmarks.tutorial chroma_index DOCUMENTS STORE ONNX
    python -m benchmarks.tutorial again DOCUMENTS PIPELINE
    python -m benchmarks.tutorial search STORE QUESTIONS.json
    python -m benchmarks.tutorial ask STORE QUESTION
    python -m benchmarks.tutorial prepare DOCUMENTS DATA STORE PIPELINE
    python -m benchmarks.tutorial export ONNX

SimpleDirectoryReader → SentenceSplitter → HuggingFaceEmbedding → ChromaVectorStore → as_retriever, everything by
default save for three things. The splitter counts the model's own word pieces, 256 at most and 20 of overlap, for
otherwise the model would drop what is beyond; a file's path is not embedded with each chunk; and where a docstore is
read again, the pipeline's cache, which would have to be loaded, is off. All three favour this side.
`chroma_index` embeds the same chunks with Chroma's own default function instead (its ONNX model).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.ours import Clock, opened_files, timed

K = 8
COLLECTION = "tutorial"
CHUNK, OVERLAP = 254, 20  # without [CLS] and [SEP]
BATCH = 2000  # ChromaVectorStore.add fails beyond Chroma's own bound, 5461


def index(documents: str, store: str) -> dict[str, Any]:
    """Index a folder: {"seconds", "processor", "passages"}."""
    from llama_index.core import StorageContext, VectorStoreIndex

    model, splitter = _model(), _splitter()
    clock = Clock()
    made = VectorStoreIndex.from_documents(
        _read(documents),
        storage_context=StorageContext.from_defaults(vector_store=_vector_store(store)),
        embed_model=model,
        transformations=[splitter],
    )
    return {**clock.read(), "passages": made.vector_store.client.count()}


def chroma_index(documents: str, store: str, onnx: str) -> dict[str, Any]:
    """The same chunks through Chroma's own embedding function: {"seconds", "processor", "passages"}."""
    import chromadb
    from chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2 import ONNXMiniLM_L6_V2

    ONNXMiniLM_L6_V2.DOWNLOAD_PATH = Path(onnx)
    function, splitter = ONNXMiniLM_L6_V2(), _splitter()
    function(["the model is loaded"])
    clock = Clock()
    chunks = [node.get_content() for node in splitter.get_nodes_from_documents(_read(documents))]
    collection = chromadb.PersistentClient(store).create_collection(COLLECTION, embedding_function=function)
    collection.add(ids=[str(number) for number in range(len(chunks))], documents=chunks)
    return {**clock.read(), "passages": len(chunks)}


def again(documents: str, folder: str) -> dict[str, Any]:
    """An IngestionPipeline on a folder that has not changed: {"seconds", "nodes": new ones, "most_reads"}."""
    pipeline = _pipeline(Path(folder), _model())
    reads = opened_files(Path(documents))
    started = time.perf_counter()
    _load_docstore(pipeline, Path(folder))
    nodes = pipeline.run(documents=_read(documents))
    return {"seconds": time.perf_counter() - started, "nodes": len(nodes), "most_reads": max(reads.values())}


def search(store: str, questions: str) -> dict[str, Any]:
    """Retrievals, one after another: {"seconds": of each}."""
    return {"seconds": timed(_retriever(store).retrieve, json.loads(Path(questions).read_text()))}


def ask(store: str, question: str) -> dict[str, Any]:
    """Retrieve for one question and print what was found."""
    for found in _retriever(store).retrieve(question):
        print(found.score, found.node.get_content())
    return {}


def prepare(documents: str, data: str, store: str, folder: str) -> dict[str, Any]:
    """What `search`, `ask` and `again` read: this project's passages and vectors in a store, and a docstore.

    Whose arithmetic made the vectors is no matter there, and so they are not made twice. The docstore's are
    invented: nothing looks at them.
    """
    from llama_index.core.embeddings import MockEmbedding
    from llama_index.core.schema import TextNode

    from index.catalogue import Catalogue
    from index.database import Database

    database = Database(Path(data) / "catalogue.sqlite")
    catalogue = Catalogue(database)
    keys = sorted(catalogue.live_passages())
    passages, vectors = catalogue.passages(keys), catalogue.vectors(keys)
    database.close()
    nodes = [
        TextNode(
            text=passages[key].text, embedding=vectors[key].tolist(), metadata={"file_name": passages[key].document}
        )
        for key in keys
    ]
    vector_store, read = _vector_store(store), _read(documents)
    for start in range(0, len(nodes), BATCH):
        vector_store.add(nodes[start : start + BATCH])
    pipeline = _pipeline(Path(folder), MockEmbedding(embed_dim=384))
    for start in range(0, len(read), BATCH):
        pipeline.run(documents=read[start : start + BATCH])
    pipeline.persist(folder)
    return {"passages": len(nodes)}


def export(onnx: str) -> dict[str, Any]:
    """The model as ONNX, where Chroma looks for what it would download."""
    import shutil

    import torch
    from transformers import AutoModel

    from index.minilm import packaged_folder

    folder = Path(onnx) / "onnx"
    folder.mkdir(parents=True)
    model = AutoModel.from_pretrained(packaged_folder(), attn_implementation="eager").eval()
    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = tuple(torch.ones(2, 8, dtype=torch.int64) for _ in names)
    torch.onnx.export(
        _states_module(model),
        example,
        str(folder / "model.onnx"),
        input_names=names,
        output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "texts", 1: "tokens"} for name in [*names, "last_hidden_state"]},
        dynamo=False,
    )
    for name in ("config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        shutil.copy(packaged_folder() / name, folder / name)  # it downloads the model where one of them is missing
    return {}


def _states_module(model: Any) -> Any:
    """The model as a module of three plain inputs and one output, which the exporter wants."""
    import torch

    class States(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any, segments: Any) -> Any:
            return self.model(input_ids=ids, attention_mask=mask, token_type_ids=segments).last_hidden_state

    return States()


def _read(documents: str) -> Sequence[Any]:
    from llama_index.core import SimpleDirectoryReader

    read = SimpleDirectoryReader(documents, recursive=True, filename_as_id=True).load_data()
    for document in read:
        document.excluded_embed_metadata_keys = list(document.metadata)
        document.excluded_llm_metadata_keys = list(document.metadata)
    return read


def _splitter() -> Any:
    from llama_index.core.node_parser import SentenceSplitter
    from transformers import AutoTokenizer

    from index.minilm import packaged_folder

    tokenizer = AutoTokenizer.from_pretrained(packaged_folder())
    return SentenceSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP, tokenizer=tokenizer.tokenize)


def _model() -> Any:
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    from index.minilm import packaged_folder

    return HuggingFaceEmbedding(model_name=str(packaged_folder()))


def _vector_store(store: str) -> Any:
    import chromadb
    from llama_index.vector_stores.chroma import ChromaVectorStore

    collection = chromadb.PersistentClient(store).get_or_create_collection(COLLECTION)
    return ChromaVectorStore(chroma_collection=collection)


def _retriever(store: str) -> Any:
    from llama_index.core import VectorStoreIndex

    made = VectorStoreIndex.from_vector_store(_vector_store(store), embed_model=_model())
    return made.as_retriever(similarity_top_k=K)


def _pipeline(folder: Path, model: Any) -> Any:
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.storage.docstore import SimpleDocumentStore

    return IngestionPipeline(
        transformations=[_splitter(), model],
        docstore=SimpleDocumentStore(),
        vector_store=_vector_store(str(folder / "vectors")),
        disable_cache=True,
    )


def _load_docstore(pipeline: Any, folder: Path) -> None:
    from llama_index.core.storage.docstore import SimpleDocumentStore

    pipeline.docstore = SimpleDocumentStore.from_persist_path(str(folder / "docstore.json"))


if __name__ == "__main__":
    tasks = {task.__name__: task for task in (index, chroma_index, again, search, ask, prepare, export)}
    print(json.dumps(tasks[sys.argv[1]](*sys.argv[2:])))
