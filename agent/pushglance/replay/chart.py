"""The picture of a replay: truth against what the watch showed, the pushes, the budget, and the price.

One panel for each sensor, one for the price, one for the budget, all over one time axis. Read it from top to bottom:
red is where the screen was wrong; in the price's panel the cost of that grows. Where what a push is worth (that cost,
and what it is expected to save) meets the price, a line through all panels marks the push, which the budget pays.
"""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pushglance.errors import PushglanceError

from .evaluation import Verdict
from .price_log import Diary
from .run import Replay
from .trace import CONTACT, DAY_MS, Floats, Ints

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .simulator import Span

_TRUTH, _SHOWN, _WRONG, _PUSH = "#8fb3d9", "#1a1a1a", "#e0533d", "#2f6f4f"
_PRICE, _WORTH, _OWED, _BUDGET, _OUTAGE = "#7a4fa3", "#b08fd0", "#e0533d", "#c9b458", "#bbbbbb"
_WIDTH_IN, _SENSOR_IN, _CONTACT_IN, _PANEL_IN = 11.0, 1.5, 0.75, 1.25
_DPI = 110
_STEPS_MAX = 1500  # of the curve that being wrong draws in the price's panel


class _View:
    """One watch in the period of the picture: instants, truth and screen as steps."""

    def __init__(self, verdict: Verdict, start_ms: int, period_ms: tuple[int, int], zone: tzinfo) -> None:
        self.verdict = verdict
        self.zone = zone
        self.start_ms = start_ms
        trace = verdict.trace
        low, high = (max(0, period_ms[0] - start_ms), min(trace.end_ms, period_ms[1] - start_ms))
        inner = np.concatenate([trace.instants_ms, verdict.push_ms])
        inner = inner[(inner > low) & (inner < high)]
        self.at_ms: Ints = np.unique(np.concatenate([np.array([low, high]), inner]))
        rows = np.concatenate([np.zeros(1, dtype=np.int64), trace.rows_at(verdict.push_ms)])
        self.truth: Floats = trace.states[trace.rows_at(self.at_ms)]
        self.shown: Floats = trace.states[rows[np.searchsorted(verdict.push_ms, self.at_ms, side="right")]]
        self.pushes_ms: Ints = verdict.push_ms[(verdict.push_ms >= low) & (verdict.push_ms <= high)]

    def times(self, at_ms: Sequence[int] | Ints) -> Floats:
        """Return instants of the trace as matplotlib counts them: days since 1970."""
        return self.unix_times(np.asarray(at_ms, dtype=np.int64) + self.start_ms)

    def unix_times(self, at_ms: Sequence[int] | Ints) -> Floats:
        """Return unix milliseconds as matplotlib counts them."""
        return np.asarray(at_ms, dtype=float) / DAY_MS

    def owed(self) -> tuple[Ints, Floats]:
        """Return the cost since the screen began to differ, at close instants."""
        trace = self.verdict.trace
        even = np.linspace(self.at_ms[0], self.at_ms[-1], _STEPS_MAX).astype(np.int64)
        grid = np.unique(np.concatenate([even, self.at_ms, np.maximum(self.at_ms - 1, self.at_ms[0])]))
        places = np.searchsorted(self.at_ms, grid, side="right") - 1
        rate = trace.cost_rate(self.truth[places], self.shown[places])
        gained = np.concatenate([np.zeros(1), np.cumsum(rate[:-1] * np.diff(grid) / 1000)])
        is_new = (rate == 0) | np.isin(grid, self.pushes_ms)
        since = np.maximum.accumulate(np.where(is_new, gained, -np.inf))
        since = np.where(np.isinf(since), 0.0, since)
        return grid, gained - since


def draw(
    path: Path, replay: Replay, diary: Diary, zone: tzinfo = UTC, outages: "Sequence[Span]" = (), watch: str = ""
) -> None:
    """Draw one watch (the first, if none is named) into a .png or .svg. Raises PushglanceError if that fails."""
    verdict = next(v for v in replay.verdicts if watch in ("", v.watch))
    view = _View(verdict, replay.midnights_ms[0], (diary.begin_ms, diary.end_ms), zone)
    sensors = verdict.trace.sensors
    heights = [_CONTACT_IN if sensor.kind == CONTACT else _SENSOR_IN for sensor in sensors] + [_PANEL_IN, _PANEL_IN]
    with mpl.rc_context({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "pushglance", "axes.linewidth": 0.6}):
        figure = Figure(figsize=(_WIDTH_IN, sum(heights) + 1.0), layout="constrained")
        FigureCanvasAgg(figure)
        panels: list[Axes] = list(
            figure.subplots(len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
        )
        for column, panel in enumerate(panels[:-2]):
            _draw_sensor(panel, view, column)
        has_price = _draw_price(panels[-2], view, diary)
        _draw_budget(panels[-1], view, replay, verdict)
        _finish(panels, view, outages)
        _legend(figure, has_price=has_price)
        try:
            figure.savefig(path, dpi=_DPI, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
        except OSError as error:
            reason = (error.strerror or "it cannot be opened").lower()
            raise PushglanceError(f"{path}: cannot write the picture ({reason}); name another file") from None


def _draw_sensor(panel: "Axes", view: _View, column: int) -> None:
    sensor = view.verdict.trace.sensors[column]
    times = view.times(view.at_ms)
    truth, shown = view.truth[:, column], view.shown[:, column]
    style: dict[str, Any] = {"step": "post", "linewidth": 0}
    if sensor.kind == CONTACT:
        panel.fill_between(times, 0, truth, color=_TRUTH, **style)
        panel.fill_between(times, 0, 1, where=list(truth != shown), color=_WRONG, **style)
        panel.step(times, shown * 0.96 + 0.02, where="post", color=_SHOWN, linewidth=1.0)
        panel.set_yticks([0, 1], ["closed", "open"])
        panel.set_ylim(-0.12, 1.12)
    else:
        everywhere = panel.get_xaxis_transform()
        panel.fill_between(
            times, 0, 1, where=list(truth != shown), color=_WRONG, alpha=0.13, transform=everywhere, **style
        )
        panel.step(times, truth, where="post", color=_TRUTH, linewidth=2.4)
        panel.fill_between(times, truth, shown, color=_WRONG, **style)
        panel.step(times, shown, where="post", color=_SHOWN, linewidth=0.9)
    urgent = ", urgent" if sensor.is_urgent else ""
    panel.set_title(f"{sensor.name}{urgent}", loc="left", fontsize=9, pad=3)


def _draw_price(panel: "Axes", view: _View, diary: Diary) -> bool:
    """Draw what being wrong has cost so far against the price of a push; tell whether this pacing has a price."""
    grid, owed = view.owed()
    panel.fill_between(view.times(grid), 0, owed, color=_OWED, alpha=0.35, linewidth=0)
    panel.plot(view.times(grid), owed, color=_OWED, linewidth=0.8)
    pages = diary.watches.get(view.verdict.watch)
    # A price is only asked for while something waits; until the next time the last one holds.
    asked = (
        [] if pages is None else [(at, price) for at, price in zip(pages.at_ms, pages.price_s, strict=True) if price]
    )
    if asked:
        at_ms, prices = np.array([*asked, (int(view.at_ms[-1]) + view.start_ms, asked[-1][1])], dtype=float).T
        panel.step(at_ms / DAY_MS, prices, where="post", color=_PRICE, linewidth=1.3)
    if asked and pages is not None:
        worth = [np.nan if value is None else float(value) for value in pages.worth_s]
        panel.plot(view.unix_times(pages.at_ms), worth, linestyle="", marker=".", markersize=1.5, color=_WORTH)
    panel.set_yscale("symlog", linthresh=10)
    panel.set_ylim(bottom=0)
    told = "cost of being wrong until now" + (", and price of a push" if asked else "")
    panel.set_title(f"{told} (weighted seconds)", loc="left", fontsize=9, pad=3)
    return bool(asked)


def _draw_budget(panel: "Axes", view: _View, replay: Replay, verdict: Verdict) -> None:
    """Draw the pushes left: each push takes one, each return brings one back."""
    mine = [push for push in replay.played.pushes if push.watch == verdict.watch]
    pushes = np.array([push.at_ms for push in mine], dtype=np.int64) - replay.midnights_ms[0]
    returns = np.sort(np.array([push.until_ms for push in mine], dtype=np.int64) - replay.midnights_ms[0])
    low, high = int(view.at_ms[0]), int(view.at_ms[-1])
    grid = np.unique(np.concatenate([np.array([low, high]), pushes, returns]))
    grid = grid[(grid >= low) & (grid <= high)]
    away = np.searchsorted(pushes, grid, side="right") - np.searchsorted(returns, grid, side="right")
    left = verdict.capacity - away
    panel.fill_between(view.times(grid), 0, left, step="post", color=_BUDGET, alpha=0.5, linewidth=0)
    panel.step(view.times(grid), left, where="post", color=_BUDGET, linewidth=1.2)
    back = returns[(returns >= low) & (returns <= high)]
    panel.plot(view.times(back), [0.0] * len(back), linestyle="", marker="|", markersize=7, color=_PUSH, clip_on=False)
    panel.set_ylim(0, verdict.capacity * 1.05)
    panel.set_title("pushes left; ticks below: one comes back", loc="left", fontsize=9, pad=3)


def _finish(panels: "list[Axes]", view: _View, outages: "Sequence[Span]") -> None:
    times = view.times(view.at_ms[[0, -1]])
    many = len(view.pushes_ms) > 400
    for panel in panels:
        for begin_ms, end_ms in outages:
            panel.axvspan(*view.unix_times([begin_ms, end_ms]), color=_OUTAGE, alpha=0.4, linewidth=0)
        for at in [] if many else view.times(view.pushes_ms):
            panel.axvline(at, color=_PUSH, linewidth=0.6, alpha=0.6, zorder=0.5)
        panel.margins(x=0)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
        panel.tick_params(length=2.5)
    locator = AutoDateLocator(tz=view.zone)  # type: ignore[no-untyped-call]  # matplotlib's own gap
    panels[-1].xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=view.zone)  # type: ignore[no-untyped-call]  # as above
    panels[-1].xaxis.set_major_formatter(formatter)
    panels[-1].set_xlim(times[0], times[1])
    if not many:
        panels[0].plot(
            view.times(view.pushes_ms),
            [1.0] * len(view.pushes_ms),
            transform=panels[0].get_xaxis_transform(),
            linestyle="",
            marker="v",
            markersize=4,
            color=_PUSH,
            clip_on=False,
        )


def _legend(figure: Figure, *, has_price: bool) -> None:
    entries: list[Patch | Line2D] = [
        Patch(color=_TRUTH, label="true"),
        Line2D([], [], color=_SHOWN, label="shown on the watch"),
        Patch(color=_WRONG, label="wrong"),
        Line2D([], [], color=_PUSH, marker="v", markersize=5, linewidth=0.8, label="push"),
    ]
    if has_price:
        entries.append(Line2D([], [], color=_PRICE, label="price of a push"))
        entries.append(Line2D([], [], color=_WORTH, linestyle="", marker=".", label="worth of a push"))
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries), frameon=False)
