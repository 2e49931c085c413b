"""Writing: tokens/s from the first token on, of free text and of text that repeats the passage before it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from app.shelf import build_llm
from bench.speed import stack
from bench.speed.measure import BASELINE, OURS, Do, Measure, Row, Values
from bench.speed.plan import Plan
from bench.speed.product import settings_in
from models.base import Finished, GenerationOptions, Message
from models.threads import physical_cores

# Written a question of the plan.
_TOKENS = 8
_RULES = "".join(
    f"第{n}条　第{n}号仓库的货物到港后，由{n}名管理员在{n * 2}小时内登记，登记簿第{n + 3}页写明船名、件数与重量。"
    for n in range(1, 9)
)
PROMPTS = {
    "free": "请写一篇长文，介绍怎样照料一座小花园：土壤、浇水、施肥、修剪、防虫，每一项都详细说明。",
    "quoting": f"逐字重复下面的规定，不要增减：\n{_RULES}",
}


@contextmanager
def _baseline(plan: Plan) -> Iterator[Do]:
    # By default it takes half of the cores; all of them are twice as fast.
    llama = stack.llama(threads=physical_cores())
    list(stack.write(llama, "你好", 4))

    def do(item: str) -> Values:
        text, begin = "", None
        for piece in stack.write(llama, PROMPTS[item], _TOKENS * plan.questions):
            begin = begin or time.perf_counter()
            text += piece
        assert begin is not None
        tokens = len(llama.tokenize(text.encode(), add_bos=False))
        return _rate(time.perf_counter() - begin, tokens)

    yield do


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    settings = settings_in(plan.work / "decode")
    model = build_llm(settings, settings.llm)

    def write(text: str, most: int) -> Values:
        begin, tokens = None, 0
        for item in model.generate([Message("user", text)], GenerationOptions(max_tokens=most), Event()):
            if isinstance(item, Finished):
                tokens = item.generated_tokens
            else:
                begin = begin or time.perf_counter()
        assert begin is not None
        return _rate(time.perf_counter() - begin, tokens)

    write("你好", 4)
    yield lambda item: write(PROMPTS[item], _TOKENS * plan.questions)
    model.close()


def _rate(seconds: float, tokens: int) -> Values:
    # The clock starts with the first token.
    return {"tokens_per_second": (tokens - 1) / seconds, "tokens": float(tokens)}


_HOLDS = "Memory: every token reads every weight once. The rest is the cache of keys and values, and sampling."

MEASURE = Measure(
    name="decode",
    items=lambda _: tuple(PROMPTS),
    sized=lambda plan: _TOKENS * plan.questions,
    sides={BASELINE: _baseline, OURS: _ours},
    rows=tuple(
        Row(f"decode_{item}", f"decode, {what}", "tokens_per_second", "tokens/s", "more", 1.0, item, holds=_HOLDS)
        for item, what in (("free", "free text"), ("quoting", "text that quotes"))
    ),
)
