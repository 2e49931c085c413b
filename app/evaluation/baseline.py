"""The stack that most people would build, to be asked the same questions in the same run.

LangChain's pieces as its tutorials put them together: PDFs page by page with PyMuPDF, cut by
RecursiveCharacterTextSplitter at 1,000 characters with an overlap of 200, embedded by the same embedder,
the 4 nearest by exact cosine, and the prompt that its hub calls `rlm/rag-prompt` for the same language
model. `InMemoryVectorStore` stands in for FAISS: both search exactly, so they find the same. Where a
tutorial would pick some loader for another format, the text is Zhiwen's own, which favours the baseline.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter

from app.answering.answer import Answerer
from app.bootstrap import Services
from app.evaluation.outcome import Cited, Outcome, Said
from app.evaluation.pool import Pool
from app.evaluation.ranking import DEPTH
from app.evaluation.sets import Asked, EvalSet, merged
from models.base import LLM, Embedder, Finished, GenerationOptions, Message

Progress = Callable[[int, int], None]

# https://smith.langchain.com/hub/rlm/rag-prompt, the default of LangChain's tutorials.
PROMPT = ChatPromptTemplate.from_messages(
    [
        (
            "human",
            "You are an assistant for question-answering tasks. Use the following pieces of retrieved context to "
            "answer the question. If you don't know the answer, just say that you don't know. Use three sentences "
            "maximum and keep the answer concise.\nQuestion: {question} \nContext: {context} \nAnswer:",
        )
    ]
)
# How the baseline is called in reports.
BASELINE = "LangChain 1000/200, 4 nearest"
NEAREST = 4
_BATCH = 64
_REFUSAL = re.compile(
    r"don[’']t know|do not know|not (?:mentioned|provided|specified|contain)|no information|cannot (?:answer|determine)"
    r"|不知道|没有(?:提到|提及|提供|足够|相关)|未(?:提到|提及|提供|说明|明确)|无法(?:回答|确定|得知|判断)|不清楚",
    re.IGNORECASE,
)


class _Embeddings(Embeddings):
    """The embedder as LangChain wants it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, vector)) for vector in self._embedder.embed_passages(texts).vectors]

    def embed_query(self, text: str) -> list[float]:
        return list(map(float, self._embedder.embed_query(text)))


@dataclass(frozen=True)
class Baseline:
    """Asks the baseline. `without` are keys whose documents it must not see."""

    store: InMemoryVectorStore
    answerer: Answerer
    generate: bool
    without: frozenset[str] = frozenset()

    def __call__(self, name: str, asked: Asked) -> Outcome:
        """Ask one question of the set with this name. Earlier turns are not given: this stack has no place for them."""
        begin = time.perf_counter()
        hits = self.store.similarity_search(asked.question, k=3 * DEPTH, filter=self._seen)
        seconds = {"search": time.perf_counter() - begin}
        ranking = tuple(dict.fromkeys(hit.metadata["key"] for hit in hits))[:DEPTH]
        read = hits[:NEAREST]
        pages = tuple((hit.metadata["key"], hit.metadata["page"]) for hit in read)
        if not self.generate:
            return Outcome(name, asked.id, ranking, pages, seconds=seconds)
        with self.answerer.llm() as llm:
            assert llm is not None
            answer, tokens, first = _write(llm, asked.question, read, self.answerer.answer_tokens, begin)
        seconds |= {"first token": first, "total": time.perf_counter() - begin}
        refused = not answer or _REFUSAL.search(answer) is not None
        sources = tuple(Cited(hit.metadata["key"], hit.metadata["page"], hit.page_content) for hit in read)
        said = () if refused else (Said(answer, "", sources),)
        return Outcome(name, asked.id, ranking, pages, None, refused, "" if refused else answer, said, seconds, tokens)

    def _seen(self, document: Document) -> bool:
        return document.metadata["key"] not in self.without


def build(services: Services, pool: Pool, sets: Sequence[EvalSet], progress: Progress) -> InMemoryVectorStore:
    """Load, cut and embed everything that a pool holds. Raises ModelError."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    pieces = splitter.split_documents(list(_documents(services, pool, sets)))
    store = InMemoryVectorStore(_Embeddings(services.embedder.get()))
    for start in range(0, len(pieces), _BATCH):
        store.add_documents(pieces[start : start + _BATCH])
        progress(min(start + _BATCH, len(pieces)), len(pieces))
    return store


def _documents(services: Services, pool: Pool, sets: Sequence[EvalSet]) -> Iterator[Document]:
    held = set(pool.names.values())
    for passage in merged(sets):
        if passage.key in held:
            yield Document(passage.text, metadata={"key": passage.key, "page": None})
    paths = {key: path for each in sets for key, path in (each.documents or {}).items()}
    for document, key in pool.names.items():
        if key not in paths:
            continue
        if paths[key].suffix.lower() == ".pdf":
            for number, text in enumerate(_pages(paths[key]), start=1):
                yield Document(text, metadata={"key": key, "page": number})
        elif services.library.catalog.document(document).status == "ready":
            yield Document(services.library.catalog.text(document).text, metadata={"key": key, "page": None})


def _pages(path: Path) -> list[str]:
    """The pages of a PDF, read in a process of its own; one that PyMuPDF cannot open has none."""
    command = [sys.executable, "-m", "ingest.pdf.plain", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    return list(map(str, json.loads(done.stdout))) if done.returncode == 0 else []


def _write(
    llm: LLM, question: str, read: Sequence[Document], most: int, begin: float
) -> tuple[str, dict[str, int], float]:
    """The answer, what it took in tokens, and the seconds from `begin` to its first piece."""
    context = "\n\n".join(document.page_content for document in read)
    (prompt,) = PROMPT.invoke({"question": question, "context": context}).to_messages()
    answer, first, tokens = "", 0.0, {}
    for item in llm.generate([Message("user", str(prompt.content))], GenerationOptions(max_tokens=most), Event()):
        if isinstance(item, Finished):
            tokens = {"prompt_tokens": item.prompt_tokens, "generated_tokens": item.generated_tokens}
            continue
        first = first or time.perf_counter() - begin
        answer += item
    return answer.strip(), tokens, first
