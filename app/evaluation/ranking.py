"""How well search ranks: hit@k, reciprocal rank and nDCG, computed by ir-measures (trec_eval)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

CUTOFFS = (1, 3, 5, 10)
# So deep a ranking is looked at; a gold passage below it counts as not found.
DEPTH = 10


def ranking_scores(rankings: Mapping[str, Sequence[str]], gold: Mapping[str, Set[str]]) -> dict[str, dict[str, float]]:
    """Each measure of each question, by question id: hit@1, hit@3, hit@5, hit@10, mrr@10, ndcg@10.

    `rankings` holds, by question, what was found, best first, each once; `gold` what is right.
    Questions without gold are left out.
    """
    import ir_measures
    from ir_measures import RR, Success, nDCG

    names = {Success @ k: f"hit@{k}" for k in CUTOFFS} | {RR @ DEPTH: f"mrr@{DEPTH}", nDCG @ DEPTH: f"ndcg@{DEPTH}"}
    relevant = [ir_measures.Qrel(q, found, 1) for q, right in gold.items() for found in sorted(right)]
    ranked = [
        # trec_eval orders by score, and equal scores by name: the score says the place.
        ir_measures.ScoredDoc(q, found, float(-place))
        for q in gold
        for place, found in enumerate(rankings.get(q, ())[:DEPTH])
    ]
    scores = {q: dict.fromkeys(names.values(), 0.0) for q, right in gold.items() if right}
    for metric in ir_measures.iter_calc(list(names), relevant, ranked):
        scores[metric.query_id][names[metric.measure]] = float(metric.value)
    return scores
