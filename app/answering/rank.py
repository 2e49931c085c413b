"""Orders what dense and keyword search found for a question, by three signs that need no further network.

- nearness: the cosine of a chunk's nearest part less that of the nearest of all, in units of how far that one
  stands out from the crowd; so it means the same for embedders whose cosines spread widely and for those that do not;
- words: the keyword score as a share of the best one;
- coverage: how much of what the question names, weighted by how rare it is, the chunk holds.

The weights maximise the likelihood of the gold article under a softmax over the candidates, on one
half of the articles of cmrc2018_dev, expmrc_cmrc_dev, xquad_en and dureader2_demo, split by the hash
of the article's text, in a pool of all of them (7,553 passages, titles as file names, the default
embedder, 40 candidates of each search). On the questions of the other half hit@1 went from 0.970 by
reciprocal-rank fusion to 0.988 (cmrc2018_dev) and from 0.938 to 0.959 (xquad_en), hit@5 from 0.505 to
0.632 (dureader2_demo), and on those that plain BM25 misses hit@1 went from 0.566 to 0.663.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.answering.terms import weighted_coverage

# Shares of one: the learnt weights 4.16, 1.19 and 7.19, divided by their sum.
NEARNESS, WORDS, COVERAGE = 0.332, 0.095, 0.573
# From so many dense results on, their mean says what an ordinary likeness is.
CROWD = 20
# How far the nearest chunk stands out in the mean of the questions that refusal is calibrated on: for bases too
# small to tell.
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

    @property
    def margin(self) -> float | None:
        """How far the nearest chunk stands out: its cosine less the mean of the results. None among few chunks."""
        if len(self.dense) < CROWD:
            return None
        return self.dense[0][1] - sum(score for _, score in self.dense) / len(self.dense)


def rank(wordings: Sequence[Wording], texts: Mapping[int, str]) -> list[tuple[int, float]]:
    """The keys of `texts`, folded texts of the candidates, with scores, best first; 1 is the most there can be.

    Of several wordings each counts by the weight of what it names.
    """
    masses = [sum(each.weights) or 1.0 for each in wordings]
    scores = dict.fromkeys(texts, 0.0)
    for wording, mass in zip(wordings, masses, strict=True):
        near, by_words = _nearness(wording, texts), _by_words(wording, texts)
        for key, text in texts.items():
            covered = weighted_coverage(wording.words, wording.weights, text)
            score = NEARNESS * (1.0 + near[key]) + WORDS * by_words[key] + COVERAGE * covered
            scores[key] += mass / sum(masses) * score
    return sorted(scores.items(), key=lambda item: -item[1])


def _nearness(wording: Wording, keys: Mapping[int, str]) -> dict[int, float]:
    """0 for the nearest chunk, -1 for one as near as the crowd; what is not embedded is as far as the last."""
    if not wording.near:
        return dict.fromkeys(keys, _FAR)
    best = max(wording.near.values())
    crowd = [wording.near[key] for key, _ in wording.dense if key in wording.near]
    margin = best - sum(crowd) / len(crowd) if len(crowd) >= CROWD else USUAL_MARGIN
    listed = {key: max(_FAR, (score - best) / max(margin, _LEAST_MARGIN)) for key, score in wording.near.items()}
    last = min(listed.values())
    return {key: listed.get(key, last) for key in keys}


def _by_words(wording: Wording, keys: Mapping[int, str]) -> dict[int, float]:
    """1 for the best by words; what is not listed has the least of the listed, or nothing if they are few."""
    if not wording.lexical:
        return dict.fromkeys(keys, 0.0)
    best = wording.lexical[0][1] or 1.0
    listed = {key: score / best for key, score in wording.lexical}
    last = min(listed.values()) if len(listed) >= CROWD else 0.0
    return {key: listed.get(key, last) for key in keys}
