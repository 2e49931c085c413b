"""Plots of curves as SVG, by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """Points (x, y), both shares between 0 and 1, with the names of the axes in English."""

    title: str
    x: str
    y: str
    points: Sequence[tuple[float, float]]


def draw(curve: Curve) -> str:
    """The curve as an SVG element, its text as text, the same bytes for the same points."""
    # No pyplot: it would look for a screen, and keep every figure until it is closed.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "zhiwen", "font.size": 9}):
        figure = Figure(figsize=(4.2, 3.0), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([x for x, _ in curve.points], [y for _, y in curve.points], linewidth=1.6)
        axes.set_title(curve.title)
        axes.set_xlabel(curve.x)
        axes.set_ylabel(curve.y)
        axes.set_ylim(-0.02, 1.02)
        axes.grid(alpha=0.3)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]
