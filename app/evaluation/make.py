"""Makes a question set from a person's own documents: the local model asks, and search checks that it can be found.

A question is kept if its answer stands in the passage it was made from, it can be understood without that
passage, and a search over all the documents finds the passage again (round-trip consistency: Alberti et al.,
"Synthetic QA Corpora Generation with Roundtrip Consistency", ACL 2019).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from app.answering.events import Scope
from app.answering.language import Language, language_of
from app.answering.sentences import sentence_spans
from app.answering.terms import content_words
from app.bootstrap import Services
from app.evaluation.answers import squeezed
from app.evaluation.pool import Pool
from app.evaluation.sets import EvalSet
from app.model_slot import ModelOff
from ingest.store.records import StoredChunk
from models.base import LLM, GenerationOptions, Message

# Shorter passages say too little to ask about.
_SHORTEST = 80
# The passage must be found again among so many.
_FOUND_AMONG = 3
_LONGEST_ANSWER = 60
_ANSWER_TOKENS = 96
_LEANING = re.compile(
    r"本段|该段|上文|上述|文中|段落|本文|这段|該段|本條|本条|passage|paragraph|the text|above|according to it"
)
_LABELS = re.compile(
    r"^\W*(?:问题|問題|Question)\s*[:：]\s*(.+?)\s*^\W*(?:答案|Answer)\s*[:：]\s*(.+?)\s*$", re.M | re.S
)

INSTRUCTIONS: dict[Language, str] = {
    "zh-Hans": (
        "你为文档出考题。根据给出的段落写一个具体的问题和一个简短的答案。问题要写明所问的事物，不看段落也能懂；"
        "答案照抄段落中的原文，不超过二十个字。只输出两行：\n问题：……\n答案：……"
    ),
    "zh-Hant": (
        "你為文件出考題。根據給出的段落寫一個具體的問題和一個簡短的答案。問題要寫明所問的事物，不看段落也能懂；"
        "答案照抄段落中的原文，不超過二十個字。只輸出兩行：\n問題：……\n答案：……"
    ),
    "en": (
        "You write quiz questions about documents. From the passage given, write one specific question and one "
        "short answer. The question names what it asks about, so that it can be understood without the passage; "
        "the answer copies at most ten words of the passage. Write only two lines:\nQuestion: …\nAnswer: …"
    ),
}


@dataclass(frozen=True)
class Made:
    """A question, its answer, the passage it was made from, and the sentence of it that holds the answer."""

    question: str
    answer: str
    chunk: StoredChunk
    evidence: str


def make(services: Services, pool: Pool, count: int, progress: Callable[[int, int], None]) -> list[Made]:
    """At most `count` questions over the documents of a pool, from passages taken evenly from all of them.

    Twice as many passages are asked about, for not every question is good. Raises ModelError.
    """
    scope = Scope((pool.base_id,))
    chunks = _chosen(services, pool.names, 2 * count)
    kept: list[Made] = []
    asked: set[str] = set()
    with services.llm.using() as llm:
        if llm is None:
            raise ModelOff()
        for done, chunk in enumerate(chunks, start=1):
            made = _question(llm, chunk)
            if made is not None and squeezed(made.question) not in asked and _found(services, made, scope):
                asked.add(squeezed(made.question))
                kept.append(made)
            progress(done, len(chunks))
            if len(kept) == count:
                break
    return kept


def as_jsonl(made: Sequence[Made], documents: EvalSet, pool: Pool, out: Path) -> str:
    """The questions as a set that `eval run` reads, with paths from the folder of `out`."""
    paths = documents.documents or {}
    lines = []
    for number, each in enumerate(made, start=1):
        path = paths[pool.names[each.chunk.document_id]].resolve()
        row = {
            "id": f"made-{number}",
            "question": each.question,
            "answers": [each.answer],
            "doc": os.path.relpath(path, out.resolve().parent),
            "page": each.chunk.page,
            "evidence": each.evidence,
        }
        lines.append(json.dumps(row, ensure_ascii=False))
    return "".join(line + "\n" for line in lines)


def _chosen(services: Services, names: Mapping[str, str], count: int) -> list[StoredChunk]:
    chunks = [
        chunk
        for document in names
        for chunk in services.library.catalog.chunks(document)
        if len(chunk.text) >= _SHORTEST and not chunk.text.lstrip().startswith("|")
    ]
    return [chunks[i * len(chunks) // count] for i in range(count)] if len(chunks) > count else chunks


def _question(llm: LLM, chunk: StoredChunk) -> Made | None:
    messages = [Message("system", INSTRUCTIONS[language_of(chunk.text)]), Message("user", chunk.indexed_text)]
    options = GenerationOptions(max_tokens=_ANSWER_TOKENS)
    said = "".join(item for item in llm.generate(messages, options, Event()) if isinstance(item, str))
    match = _LABELS.search(said)
    if match is None:
        return None
    question, answer = match[1].strip(), match[2].strip().rstrip("。.")
    evidence = next(_holding(answer, chunk.text), None)
    if evidence is None or len(answer) > _LONGEST_ANSWER or not _stands_alone(question, answer):
        return None
    return Made(question, answer, chunk, evidence)


def _holding(answer: str, text: str) -> Iterator[str]:
    wanted = squeezed(answer)
    for start, end in sentence_spans(text):
        if wanted and wanted in squeezed(text[start:end]):
            yield text[start:end]


def _stands_alone(question: str, answer: str) -> bool:
    """Whether a question names something, leans on no passage, and does not give its answer away."""
    if "\n" in question or _LEANING.search(question.lower()) or squeezed(answer) in squeezed(question):
        return False
    return len(content_words(question)) >= 2


def _found(services: Services, made: Made, scope: Scope) -> bool:
    hits = services.answerer.retriever.search((made.question,), scope, _FOUND_AMONG).hits
    return any(hit.chunk.id == made.chunk.id for hit in hits)
