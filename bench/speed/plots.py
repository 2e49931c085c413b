"""The plots of docs/benchmarks.md as SVG: static, their text as text, the same bytes for the same results."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.speed.measure import Curve, Row


def ratios(results: Mapping[str, Any], rows: Sequence[Row]) -> str | None:
    """Every ratio with its spread, faster to the right, beside its goal; None without any."""
    found = [row for row in rows if not row.difference and row.name in results["rows"]]
    if not found:
        return None

    from matplotlib.ticker import LogLocator, NullLocator

    def draw(axes: Any) -> None:
        for place, row in enumerate(reversed(found)):
            ratio = results["rows"][row.name]["ratio"]
            low, middle, high = sorted(_faster(row, ratio[part]) for part in ("least", "median", "most"))
            axes.barh(place, middle, color="#4a7fb5", height=0.6)
            axes.plot([low, high], [place, place], color="#222222", linewidth=1.2)
            if row.goal:
                goal = _faster(row, row.goal)
                axes.plot([goal, goal], [place - 0.4, place + 0.4], color="#c0392b", linewidth=2)
        axes.axvline(1, color="#888888", linewidth=0.8)
        axes.set_yticks(range(len(found)), [row.title for row in reversed(found)])
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("times better (red: goal)\nmedian, least to largest")

    return _drawn(draw, (8.0, 0.6 + 0.36 * len(found)))


def growth(results: Mapping[str, Any], curves: Sequence[Curve]) -> str | None:
    """How times grow with the base, both axes logarithmic; None without any."""
    found = [curve for curve in curves if curve.name in results["curves"]]
    if not found:
        return None

    def draw(axes: Any) -> None:
        for curve in found:
            result = results["curves"][curve.name]
            xs, ys = zip(*result["points"], strict=True)
            power = "" if result["exponent"] is None else f", exponent {result['exponent']:.2f}"
            axes.plot(xs, ys, marker="o", label=f"{curve.title}{power}")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("chunks in the base")
        axes.set_ylabel("ms")
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1))

    return _drawn(draw, (6.4, 4.6))


def _faster(row: Row, ratio: float) -> float:
    return 1 / ratio if row.better == "less" else ratio


def _drawn(draw: Callable[[Any], None], size: tuple[float, float]) -> str:
    # No pyplot: it would look for a screen, and keep every figure until it is closed.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "zhiwen", "font.size": 9}):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        axes.grid(alpha=0.3, axis="x")
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    text = drawn.getvalue()
    return "\n".join(line.rstrip() for line in text[text.index("<svg") :].splitlines()) + "\n"
