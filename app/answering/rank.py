"""Orders what dense and keyword search found for a question, by four signs that need no further network.

- nearness: the cosine of a chunk's nearest part less that of the nearest of all, in units of how far that one
  stands out from the crowd; so it means the same for embedders whose cosines spread widely and for those that do not;
- words: the keyword score as a share of the best one;
- coverage: how much of what the question names, weighted by how rare it is, the chunk holds;
- closeness: how much of that two sentences in a row hold.

The weights maximise the likelihood of the gold article under a softmax over the candidates, on one
half of the articles of cmrc2018_dev, expmrc_cmrc_dev, xquad_en and dureader2_demo, split by the hash
of the article's text, in a pool of all of them (7,553 passages, titles as file names, the default
embedder, 40 candidates of each search). On the questions of the other half hit@1 went from 0.970 by
reciprocal-rank fusion to 0.984 (cmrc2018_dev) and from 0.938 to 0.962 (xquad_en), hit@5 from 0.505 to
0.776 (dureader2_demo); without the fourth sign it was 0.984, 0.962 and 0.664.

Chunks that hold what the better ones leave out come a little earlier than their scores say: a question about two
things is answered by two chunks, often of two documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.answering.coverage import FoldedChunk

# Shares of one: the learnt weights 3.35, 1.25, 3.02 and 2.55, divided by their sum.
NEARNESS, WORDS, COVERAGE, CLOSENESS = 0.329, 0.123, 0.297, 0.251
# What the question names and no better chunk holds counts for this much more. On the questions above, twice or
# half of it changes nothing, and it brings the gold article among the first two of xquad_en for 0.993 instead of 0.990.
NEWS = 0.2
# Only among so many of the best is that looked at.
SPREAD = 20
# From so many dense results on, their mean says what an ordinary likeness is.
CROWD = 20
# How far the nearest chunk stands out from all that is found in the mean: for bases too small to tell.
USUAL_MARGIN = 0.039
# No chunk is nearer than this many margins further away: what search did not list at all.
_FAR = -3.0
_LEAST_MARGIN = 0.01


@dataclass(frozen=True)
class Wording:
    """One way to put a question, and what each search found for it: keys with scores, best first.

    `near` is the cosine of the nearest part of every chunk that any search found, as far as it is embedded.
    `words` are the content words, `weights` their rarity.
    """

    dense: Sequence[tuple[int, float]]
    lexical: Sequence[tuple[int, float]]
    near: Mapping[int, float]
    words: Sequence[str]
    weights: Sequence[float]

    @property
    def agree(self) -> bool:
        """Whether the nearest chunk is also the best by words."""
        return bool(self.dense and self.lexical) and self.dense[0][0] == self.lexical[0][0]


def rank(wordings: Sequence[Wording], chunks: Mapping[int, FoldedChunk]) -> list[tuple[int, float]]:
    """The keys of the chunks with scores, best first but for what `NEWS` moves; 1 is the most there can be.

    Of several wordings each counts by the weight of what it names.
    """
    masses = [sum(each.weights) or 1.0 for each in wordings]
    scores = dict.fromkeys(chunks, 0.0)
    held: dict[int, tuple[float, ...]] = {}
    for wording, mass in zip(wordings, masses, strict=True):
        near, by_words = _nearness(wording, chunks), _by_words(wording, chunks)
        for key, chunk in chunks.items():
            covers = chunk.coverage(wording.words, wording.weights)
            held[key] = covers.held
            score = NEARNESS * (1.0 + near[key]) + WORDS * by_words[key]
            score += COVERAGE * covers.whole + CLOSENESS * covers.pair
            scores[key] += mass / sum(masses) * score
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    return [*_spread(ranked[:SPREAD], held), *ranked[SPREAD:]]


def _spread(ranked: Sequence[tuple[int, float]], held: Mapping[int, tuple[float, ...]]) -> list[tuple[int, float]]:
    """The best first, then always the one whose score, with what it adds to those before it, is best.

    `held` has the share of every word of the last wording, the fullest, that a chunk holds.
    """
    left, placed = list(ranked[1:]), list(ranked[:1])
    so_far = held[placed[0][0]] if placed else ()
    while left:
        news = [sum([one - had for one, had in zip(held[key], so_far, strict=True) if one > had]) for key, _ in left]
        best = max(range(len(left)), key=lambda i: left[i][1] + NEWS * news[i])
        so_far = tuple(map(max, so_far, held[left[best][0]]))
        placed.append(left.pop(best))
    return placed


def _nearness(wording: Wording, keys: Iterable[int]) -> dict[int, float]:
    """0 for the nearest chunk, -1 for one as near as the crowd; what is not embedded is as far as the last."""
    if not wording.near:
        return dict.fromkeys(keys, _FAR)
    best = max(wording.near.values())
    crowd = [wording.near[key] for key, _ in wording.dense if key in wording.near]
    margin = best - sum(crowd) / len(crowd) if len(crowd) >= CROWD else USUAL_MARGIN
    listed = {key: max(_FAR, (score - best) / max(margin, _LEAST_MARGIN)) for key, score in wording.near.items()}
    last = min(listed.values())
    return {key: listed.get(key, last) for key in keys}


def _by_words(wording: Wording, keys: Iterable[int]) -> dict[int, float]:
    """1 for the best by words; what is not listed has the least of the listed, or nothing if they are few."""
    if not wording.lexical:
        return dict.fromkeys(keys, 0.0)
    best = wording.lexical[0][1] or 1.0
    listed = {key: score / best for key, score in wording.lexical}
    last = min(listed.values()) if len(listed) >= CROWD else 0.0
    return {key: listed.get(key, last) for key in keys}
