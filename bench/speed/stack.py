"""The stack that people would otherwise build, as LangChain's tutorials put it together.

`PyPDFLoader`, `RecursiveCharacterTextSplitter(1000, 200)`, sentence-transformers in float32 in batches of 32,
LangChain's FAISS, the 4 nearest, the prompt `rlm/rag-prompt` and llama-cpp-python. Weights, documents and questions
are Zhiwen's. What is no default of these libraries is said where it is given.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.settings import load_settings
from bench.speed.files import whole, write_whole
from models import installed
from models.catalog import Prompts

NEAREST = 4
# The largest prompts of 4 pieces are longer than 4,096 tokens where they are full of figures.
_CONTEXT = 8192


def embedder_folder() -> tuple[Path, Prompts]:
    """Zhiwen's own embedder, and the prompts that it wants."""
    settings = load_settings()
    weights = installed.find(settings.embedder, settings.weights_dir)
    return installed.require(weights, settings.weights_dir), weights.prompts or Prompts()


def embedding(folder: Path | None = None) -> Any:
    """LangChain's sentence-transformers over a folder, or over Zhiwen's embedder, with the prompts that this wants."""
    from langchain_community.embeddings import HuggingFaceBgeEmbeddings

    prompts = Prompts()
    if folder is None:
        folder, prompts = embedder_folder()
    query, passage = prompts.query, prompts.passage
    return HuggingFaceBgeEmbeddings(
        model_name=str(folder),
        # Newer releases would load weights as they are stored.
        model_kwargs={"device": "cpu", "torch_dtype": "float32"},
        encode_kwargs={"normalize_embeddings": True},
        query_instruction=query,
        embed_instruction=passage,
    )


def split(paths: Sequence[Path]) -> list[Any]:
    """Documents as pieces."""
    from langchain_community.document_loaders import PyPDFLoader, TextLoader
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    loaded = []
    for path in paths:
        loader = PyPDFLoader(str(path)) if path.suffix == ".pdf" else TextLoader(str(path), encoding="utf-8")
        loaded += loader.load()
    return RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(loaded)


def store(paths: Sequence[Path], embedding: Any) -> Any:
    """LangChain's FAISS over documents."""
    from langchain_community.vectorstores import FAISS

    return FAISS.from_documents(split(paths), embedding)


def store_of(texts: Sequence[str], vectors: np.ndarray, embedding: Any) -> Any:
    """LangChain's FAISS over vectors that are there, shape (texts, dimensions)."""
    from langchain_community.vectorstores import FAISS

    return FAISS.from_embeddings(zip(texts, vectors, strict=True), embedding)


def kept_store(paths: Sequence[Path], embedding: Any, folder: Path) -> Any:
    """The same as `store`, from the vectors that an earlier call has kept in a folder, of the same and in this way."""
    name = _kept_name(paths)
    texts_file, vectors_file = folder / f"{name}.json", folder / f"{name}.npy"
    if not vectors_file.exists():
        texts = [piece.page_content for piece in split(paths)]
        write_whole(texts_file, json.dumps(texts))
        with whole(vectors_file) as part, part.open("wb") as stream:
            np.save(stream, np.array(embedding.embed_documents(texts), dtype=np.float32))
    return store_of(json.loads(texts_file.read_text("utf-8")), np.load(vectors_file), embedding)


def _kept_name(paths: Sequence[Path]) -> str:
    """What the vectors are of, as a hash: this file and the documents by their bytes, weights by when they came."""
    digest = hashlib.sha256()
    for path in (Path(__file__), *paths):
        digest.update(f"{path}\n".encode() + path.read_bytes())
    weights, _ = embedder_folder()
    for path in sorted(path for path in weights.rglob("*") if path.is_file()):
        digest.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def llama(threads: int | None = None) -> Any:
    """Zhiwen's language model in llama-cpp-python."""
    from llama_cpp import Llama

    settings = load_settings()
    path = installed.require(installed.find(settings.llm, settings.weights_dir), settings.weights_dir)
    return Llama(str(path), n_ctx=_CONTEXT, n_threads=threads, verbose=False)


def prompt(store: Any, question: str) -> str:
    """What the language model is asked: the pieces nearest to a question, in LangChain's prompt."""
    from app.evaluation.baseline import PROMPT

    context = "\n\n".join(found.page_content for found in store.similarity_search(question, k=NEAREST))
    (message,) = PROMPT.invoke({"question": question, "context": context}).to_messages()
    return str(message.content)


def write(llama: Any, text: str, most: int) -> Iterator[str]:
    """The answer as it comes. Greedy, as Zhiwen's is, so that answers can be repeated."""
    messages = [{"role": "user", "content": text}]
    for part in llama.create_chat_completion(messages, max_tokens=most, temperature=0.0, stream=True):
        if piece := part["choices"][0]["delta"].get("content"):
            yield piece


def answered(llama: Any, store: Any, question: str, most: int, *, whole: bool = True) -> tuple[str, dict[str, float]]:
    """The answer to a question, and seconds until its first piece and until its end; `whole` False stops behind that.

    `prompt_tokens` and `generated_tokens` are those of the language model.
    """
    begin = time.perf_counter()
    text, first, asked = "", 0.0, prompt(store, question)
    for piece in write(llama, asked, most):
        first = first or time.perf_counter() - begin
        text += piece
        if not whole:
            break
    values = {"first_token": first, "prompt_tokens": float(len(llama.tokenize(asked.encode())))}
    if whole:
        values |= {"total": time.perf_counter() - begin}
        values |= {"generated_tokens": float(len(llama.tokenize(text.encode(), add_bos=False)))}
    return text, values
