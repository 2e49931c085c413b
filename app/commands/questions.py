"""`zhiwen search` and `zhiwen ask`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from threading import Event
from typing import Any

from app.answering.events import AnswerEvent, Citations, Done, Extract, Instead, Refused, Scope, Sources, Token
from app.answering.question import Question, checked_question
from app.audience import TERMINAL
from app.bootstrap import Services
from app.commands.engine import Server, engine
from app.settings import load_settings
from app.wire import citation_out, problem, sentence_out, source_out
from models.errors import Explained, ModelError


def register(commands: Any) -> None:
    """Add `search` and `ask` to the command line."""
    search = commands.add_parser("search", help="find passages")
    _common(search)
    search.add_argument("-k", type=_count, default=10, help="how many passages (default 10)")
    search.set_defaults(run=run_search)
    ask = commands.add_parser("ask", help="answer a question")
    _common(ask)
    ask.set_defaults(run=run_ask)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", metavar="QUESTION")
    parser.add_argument("--base", default="default", help="knowledge base (default: default)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 100:
        raise argparse.ArgumentTypeError(f"{count} is not between 1 and 100")
    return count


def run_search(options: argparse.Namespace) -> int:
    """Print the passages nearest to a question."""
    settings = load_settings()
    question = checked_question(options.question, settings.max_question_chars)
    with engine(settings) as found:
        if isinstance(found, Server):
            body = {"question": question, "bases": [options.base], "k": options.k}
            answer = found.request("POST", "/search", json=body).json()
            hits, partial = answer["hits"], answer["partial"]
        else:
            retriever = found.answerer.retriever
            scope = Scope((found.library.catalog.base(options.base).id,))
            _load(found)
            searched = retriever.search((question,), scope, options.k)
            hits = [source_out(source).model_dump() for source in retriever.sources(searched.hits)]
            partial = _problem(searched.partial)
    _warn(partial)
    if options.json:
        print(json.dumps({"hits": hits, "partial": partial}, ensure_ascii=False, indent=2))
        return 0
    for hit in hits:
        print(f"[{hit['n']}] {_place(hit['name'], hit['page'], hit['location'])}\n{hit['text']}\n")
    return 0


def run_ask(options: argparse.Namespace) -> int:
    """Print an answer with its citations."""
    settings = load_settings()
    question = checked_question(options.question, settings.max_question_chars)
    with engine(settings) as found:
        if isinstance(found, Server):
            body = {"question": question, "bases": [options.base], "stream": False}
            answer = _flat(found.request("POST", "/ask", json=body).json())
        else:
            answer = _ask(found, question, options.base, show=not options.json)
    _warn(answer["partial"])
    if options.json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return 0
    if isinstance(found, Server):
        print(answer["answer"])
    _print_citations(answer)
    return 0


def _ask(services: Services, question: str, base: str, show: bool) -> dict[str, Any]:
    begin = time.perf_counter()
    scope = Scope((services.library.catalog.base(base).id,))
    services.embedder.start()
    services.llm.start()
    _load(services)
    with services.llm.using():
        waited = time.perf_counter() - begin
    whole: dict[str, Any] = {"sentences": [], "extract": None, "partial": None}
    for event in services.answerer.answer(Question(question, scope), Event()):
        if show:
            _show(event)
        match event:
            case Sources(_, partial):
                whole["partial"] = _problem(partial)
            case Extract(quote):
                whole["extract"] = citation_out(quote).model_dump()
            case Refused():
                whole["extract"] = None
            case Citations(sentences):
                whole["sentences"] = [sentence_out(sentence).model_dump() for sentence in sentences]
            case Done() as done:
                timings = asdict(done.timings)
                timings["load"] += waited
                whole |= {"answer": done.answer, "refused": done.refused, "timings": timings}
            case _:
                pass
    if show:
        print()
    return _flat(whole)


def _load(services: Services) -> None:
    """Wait for the embedder as long as it takes; without it words are searched."""
    with suppress(ModelError):
        services.embedder.get()


def _problem(error: Explained | None) -> dict[str, Any] | None:
    return None if error is None else problem(error, TERMINAL).model_dump()


def _warn(partial: dict[str, Any] | None) -> None:
    if partial is not None:
        print(f"zhiwen: only words were searched, not meaning: {partial['detail']}", file=sys.stderr)


def _show(event: AnswerEvent) -> None:
    """Sources and the best sentence as they are found, on the error stream; the answer as it is written."""
    match event:
        case Sources(sources):
            for source in sources:
                chunk = source.hit.chunk
                place = _place(chunk.document_name, chunk.page, chunk.location)
                print(f"[{source.n}] {place}", file=sys.stderr)
        case Extract(quote):
            print(f"    “{quote.quote}”", file=sys.stderr)
        case Token(text):
            print(text, end="", flush=True)
        case Instead(text) | Refused(text):
            print(f"\n{text}", end="", flush=True)
        case _:
            pass


def _flat(answer: dict[str, Any]) -> dict[str, Any]:
    """The documented form: citations in the order of the sentences, best first."""
    return {
        "answer": answer["answer"],
        "refused": answer["refused"],
        "extract": answer["extract"] and _cited(answer["extract"]),
        "citations": [
            {"sentence": sentence["text"]} | _cited(citation) | {"support": citation["support"]}
            for sentence in answer["sentences"]
            for citation in sentence["citations"]
        ],
        "partial": answer["partial"],
        "timings": answer["timings"],
    }


def _cited(citation: dict[str, Any]) -> dict[str, Any]:
    return {"document": citation["name"]} | {key: citation[key] for key in ("page", "location", "quote")}


def _print_citations(answer: dict[str, Any]) -> None:
    for number, citation in enumerate(answer["citations"], start=1):
        place = _place(citation["document"], citation["page"], citation["location"])
        print(f"  ({number}) {place} [{citation['support']}]\n      {citation['quote']}")


def _place(name: str, page: int | None, location: str) -> str:
    where = f"p. {page}" if page is not None else location
    return f"{name}, {where}" if where else name
