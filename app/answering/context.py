"""Chooses what the language model reads: the best windows of the best chunks, within a token budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.answering.events import Source
from app.answering.quotes import is_heading
from app.answering.sentences import sentence_spans
from app.answering.terms import covered, with_digits
from ingest.store.analyse import fold

# A passage may take this share of the budget. A fact stands in one place, which is nearly always the first passage:
# cut less, 0.986 of 292 questions over paragraphs find their answer in 550 tokens, instead of 0.938 with a share of
# 0.45. An account is of several places, so that one long chunk must not push out the second.
FACT_SHARE = 0.65
ACCOUNT_SHARE = 0.45
# Less than this many tokens cut from a chunk says too little to be worth its place, but for what holds words of the
# question: a row, or a short sentence, may be the answer.
SMALLEST = 40


@dataclass(frozen=True)
class Passage:
    """What the model reads of a source. `text` may lead with the header row of the table it is cut from."""

    source: Source
    text: str

    @property
    def n(self) -> int:
        return self.source.n

    @property
    def document_name(self) -> str:
        return self.source.hit.chunk.document_name

    @property
    def page(self) -> int | None:
        return self.source.hit.chunk.page

    @property
    def heading_path(self) -> tuple[str, ...]:
        return self.source.hit.chunk.heading_path


def pack(
    sources: Sequence[Source],
    weighted_words: Sequence[tuple[str, float]],
    budget: int,
    count_tokens: Callable[[str], int],
    share: float = FACT_SHARE,
) -> tuple[Passage, ...]:
    """Passages in the order of the sources, together at most `budget` tokens with their headings, each its `share`.

    The first source is read in any case, if only a little of it. Another one is left out where what can be cut from it
    is a heading, or a few words without any of the question; its room is that of the next.

    A chunk that is too long is cut to the run of sentences (or table rows) around the one that
    covers most of the question's words.
    """
    passages: list[Passage] = []
    left = budget
    for source in sources:
        heading = _heading(source, count_tokens)
        room = min(left, int(budget * share)) - heading
        if room < SMALLEST and passages:
            continue
        text = _window(source.hit.chunk.text, weighted_words, max(room, SMALLEST), count_tokens)
        if text and not (passages and _says_too_little(text, source, weighted_words, count_tokens)):
            passages.append(Passage(source, text))
            left -= count_tokens(text) + heading
    return tuple(passages)


def cost(passage: Passage, count_tokens: Callable[[str], int]) -> int:
    """The tokens of a passage with its heading."""
    return count_tokens(passage.text) + _heading(passage.source, count_tokens)


def best_sentence(text: str, weighted_words: Sequence[tuple[str, float]]) -> str:
    """The sentence, or table row, that covers most of the question's words; the first of those that cover as much."""
    sentences = [text[start:end] for start, end in sentence_spans(text)]
    scores = _scores(sentences, weighted_words)
    return sentences[max(range(len(sentences)), key=lambda i: scores[i])] if sentences else ""


def _heading(source: Source, count_tokens: Callable[[str], int]) -> int:
    return count_tokens(" ".join((source.hit.chunk.document_name, *source.hit.chunk.heading_path)))


def _says_too_little(
    text: str, source: Source, weighted_words: Sequence[tuple[str, float]], count_tokens: Callable[[str], int]
) -> bool:
    """Whether a window is too small to be read. A heading says nothing, whichever words it holds."""
    if text == source.hit.chunk.text or count_tokens(text) >= SMALLEST:
        return False
    return _scores([text], weighted_words)[0] == 0 or is_heading(text, [source])


def _window(
    text: str, weighted_words: Sequence[tuple[str, float]], limit: int, count_tokens: Callable[[str], int]
) -> str:
    if count_tokens(text) <= limit:
        return text
    spans = list(sentence_spans(text))
    costs = [count_tokens(text[start:end]) + 1 for start, end in spans]
    scores = _scores([text[start:end] for start, end in spans], weighted_words)
    header = 0 if text.lstrip().startswith("|") else None
    spent = costs[0] if header == 0 else 0
    best = max(range(len(spans)), key=lambda i: scores[i])
    if costs[best] + spent > limit:
        return _cut(text[spans[best][0] : spans[best][1]], limit, count_tokens)
    low = high = best
    spent += 0 if best == header else costs[best]
    while True:
        sides = [
            (scores[i], -abs(i - best), i)
            for i in (low - 1, high + 1)
            if 0 <= i < len(spans) and spent + costs[i] <= limit
        ]
        if not sides:
            break
        _, _, i = max(sides)
        low, high = min(low, i), max(high, i)
        spent += 0 if i == header else costs[i]
    body = text[spans[low][0] : spans[high][1]]
    return body if header is None or low == 0 else text[spans[0][0] : spans[0][1]] + "\n" + body


def _scores(sentences: Sequence[str], weighted_words: Sequence[tuple[str, float]]) -> list[float]:
    """What each sentence covers of the question; a word that many of them have tells little about which to read."""
    folded = [with_digits(fold(sentence)) for sentence in sentences]
    scores = [0.0] * len(folded)
    for word, weight in weighted_words:
        shares = [covered(word, sentence) for sentence in folded]
        rarity = weight / (1.0 + sum(shares))
        scores = [score + rarity * share for score, share in zip(scores, shares, strict=True)]
    return scores


def _cut(sentence: str, limit: int, count_tokens: Callable[[str], int]) -> str:
    """The beginning of a sentence that is longer than the whole budget (a table row of a wide sheet, say)."""
    tokens = count_tokens(sentence)
    while sentence and tokens > limit:
        sentence = sentence[: int(len(sentence) * limit / tokens * 0.95)]
        tokens = count_tokens(sentence)
    return sentence
