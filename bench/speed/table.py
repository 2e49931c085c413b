"""Which measures there are, in the order of the page."""

from bench.speed.measures import answers, containment, decode, embedding, followups, growth, ingest, memory, search

MEASURES = {
    module.MEASURE.name: module.MEASURE
    for module in (ingest, embedding, answers, followups, containment, decode, search, memory, growth)
}
ROWS = [row for measure in MEASURES.values() for row in measure.rows]
