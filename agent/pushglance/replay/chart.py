"""Draw a replay: real and shown values, the pushes, their price and the budget.

One panel per sensor, one for the price, one for the budget, with one time axis. Red marks where the screen was wrong;
the price panel shows how the cost of that grows. A push is made when its worth (that cost, and the cost that it is
expected to save) reaches the price; a line through all panels marks it.
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

from pushglance.errors import PushglanceError, file_problem

from .evaluation import Evaluation
from .price_log import PriceLog
from .run import Replay
from .trace import CONTACT, DAY_MS, Floats, Ints

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .simulator import Interval

_REAL, _SHOWN, _WRONG, _PUSH = "#8fb3d9", "#1a1a1a", "#e0533d", "#2f6f4f"
_PRICE, _WORTH, _COST, _BUDGET, _OUTAGE = "#7a4fa3", "#b08fd0", "#e0533d", "#c9b458", "#bbbbbb"
_WIDTH_IN, _SENSOR_IN, _CONTACT_IN, _PANEL_IN = 11.0, 1.5, 0.75, 1.25
_DPI = 110
_STEPS_MAX = 1500  # of the cost curve in the price panel


class _View:
    """One watch in the period of the chart: instants, real and shown values."""

    def __init__(self, evaluation: Evaluation, start_ms: int, period_ms: tuple[int, int], zone: tzinfo) -> None:
        self.evaluation = evaluation
        self.zone = zone
        self.start_ms = start_ms
        trace = evaluation.trace
        low, high = (max(0, period_ms[0] - start_ms), min(trace.end_ms, period_ms[1] - start_ms))
        inner = np.concatenate([trace.instants_ms, evaluation.push_ms])
        inner = inner[(inner > low) & (inner < high)]
        self.at_ms: Ints = np.unique(np.concatenate([np.array([low, high]), inner]))
        rows = np.concatenate([np.zeros(1, dtype=np.int64), trace.rows_at(evaluation.push_ms)])
        self.real: Floats = trace.states[trace.rows_at(self.at_ms)]
        self.shown: Floats = trace.states[rows[np.searchsorted(evaluation.push_ms, self.at_ms, side="right")]]
        self.pushes_ms: Ints = evaluation.push_ms[(evaluation.push_ms >= low) & (evaluation.push_ms <= high)]

    def times(self, at_ms: Sequence[int] | Ints) -> Floats:
        """Convert instants of the trace to matplotlib's unit: days since 1970."""
        return self.unix_times(np.asarray(at_ms, dtype=np.int64) + self.start_ms)

    def unix_times(self, at_ms: Sequence[int] | Ints) -> Floats:
        """Convert unix milliseconds to matplotlib's unit."""
        return np.asarray(at_ms, dtype=float) / DAY_MS

    def cost_so_far(self) -> tuple[Ints, Floats]:
        """Return instants, and the cost at each since the screen became wrong."""
        trace = self.evaluation.trace
        even = np.linspace(self.at_ms[0], self.at_ms[-1], _STEPS_MAX).astype(np.int64)
        grid = np.unique(np.concatenate([even, self.at_ms, np.maximum(self.at_ms - 1, self.at_ms[0])]))
        places = np.searchsorted(self.at_ms, grid, side="right") - 1
        rate = trace.cost_rate(self.real[places], self.shown[places])
        total = np.concatenate([np.zeros(1), np.cumsum(rate[:-1] * np.diff(grid) / 1000)])
        is_reset = (rate == 0) | np.isin(grid, self.pushes_ms)
        since = np.maximum.accumulate(np.where(is_reset, total, -np.inf))
        since = np.where(np.isinf(since), 0.0, since)
        return grid, total - since


def draw(
    path: Path,
    replay: Replay,
    price_log: PriceLog,
    zone: tzinfo = UTC,
    outages: "Sequence[Interval]" = (),
    watch: str = "",
) -> None:
    """Draw one watch (by default the first) into a .png or .svg file. Raises PushglanceError if that fails."""
    evaluation = next(found for found in replay.evaluations if watch in ("", found.watch))
    view = _View(evaluation, replay.midnights_ms[0], (price_log.begin_ms, price_log.end_ms), zone)
    sensors = evaluation.trace.sensors
    heights = [_CONTACT_IN if sensor.kind == CONTACT else _SENSOR_IN for sensor in sensors] + [_PANEL_IN, _PANEL_IN]
    with mpl.rc_context({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "pushglance", "axes.linewidth": 0.6}):
        figure = Figure(figsize=(_WIDTH_IN, sum(heights) + 1.0), layout="constrained")
        FigureCanvasAgg(figure)
        panels: list[Axes] = list(
            figure.subplots(len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
        )
        for column, panel in enumerate(panels[:-2]):
            _draw_sensor(panel, view, column)
        has_price = _draw_price(panels[-2], view, price_log)
        _draw_budget(panels[-1], view, replay, evaluation)
        _finish(panels, view, outages)
        _legend(figure, has_price=has_price)
        try:
            figure.savefig(path, dpi=_DPI, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
        except OSError as error:
            raise PushglanceError(
                f"{path}: cannot write the picture ({file_problem(error)}); name another file"
            ) from None


def _draw_sensor(panel: "Axes", view: _View, column: int) -> None:
    sensor = view.evaluation.trace.sensors[column]
    times = view.times(view.at_ms)
    real, shown = view.real[:, column], view.shown[:, column]
    style: dict[str, Any] = {"step": "post", "linewidth": 0}
    if sensor.kind == CONTACT:
        panel.fill_between(times, 0, real, color=_REAL, **style)
        panel.fill_between(times, 0, 1, where=list(real != shown), color=_WRONG, **style)
        panel.step(times, shown * 0.96 + 0.02, where="post", color=_SHOWN, linewidth=1.0)
        panel.set_yticks([0, 1], ["closed", "open"])
        panel.set_ylim(-0.12, 1.12)
    else:
        full_height = panel.get_xaxis_transform()
        panel.fill_between(
            times, 0, 1, where=list(real != shown), color=_WRONG, alpha=0.13, transform=full_height, **style
        )
        panel.step(times, real, where="post", color=_REAL, linewidth=2.4)
        panel.fill_between(times, real, shown, color=_WRONG, **style)
        panel.step(times, shown, where="post", color=_SHOWN, linewidth=0.9)
    urgent = ", urgent" if sensor.is_urgent else ""
    panel.set_title(f"{sensor.name}{urgent}", loc="left", fontsize=9, pad=3)


def _draw_price(panel: "Axes", view: _View, price_log: PriceLog) -> bool:
    """Draw the cost so far and the price of a push; return whether this pacing has a price."""
    grid, cost = view.cost_so_far()
    panel.fill_between(view.times(grid), 0, cost, color=_COST, alpha=0.35, linewidth=0)
    panel.plot(view.times(grid), cost, color=_COST, linewidth=0.8)
    entries = price_log.watches.get(view.evaluation.watch)
    # There is a price only while something waits; in between, the last one is drawn.
    prices = []
    if entries is not None:
        prices = [(at, price) for at, price in zip(entries.at_ms, entries.price_s, strict=True) if price]
    if prices:
        end = (int(view.at_ms[-1]) + view.start_ms, prices[-1][1])
        at_ms, values = np.array([*prices, end], dtype=float).T
        panel.step(at_ms / DAY_MS, values, where="post", color=_PRICE, linewidth=1.3)
    if prices and entries is not None:
        worth = [np.nan if value is None else float(value) for value in entries.worth_s]
        panel.plot(view.unix_times(entries.at_ms), worth, linestyle="", marker=".", markersize=1.5, color=_WORTH)
    panel.set_yscale("symlog", linthresh=10)
    panel.set_ylim(bottom=0)
    title = "cost of the wrong screen so far" + (", and price of a push" if prices else "")
    panel.set_title(f"{title} (weighted seconds)", loc="left", fontsize=9, pad=3)
    return bool(prices)


def _draw_budget(panel: "Axes", view: _View, replay: Replay, evaluation: Evaluation) -> None:
    """Draw the pushes left, and a tick where one returns to the budget."""
    pushes_of_watch = [push for push in replay.result.pushes if push.watch == evaluation.watch]
    pushes = np.array([push.at_ms for push in pushes_of_watch], dtype=np.int64) - replay.midnights_ms[0]
    returns = np.sort(np.array([push.until_ms for push in pushes_of_watch], dtype=np.int64) - replay.midnights_ms[0])
    low, high = int(view.at_ms[0]), int(view.at_ms[-1])
    grid = np.unique(np.concatenate([np.array([low, high]), pushes, returns]))
    grid = grid[(grid >= low) & (grid <= high)]
    used = np.searchsorted(pushes, grid, side="right") - np.searchsorted(returns, grid, side="right")
    left = evaluation.capacity - used
    panel.fill_between(view.times(grid), 0, left, step="post", color=_BUDGET, alpha=0.5, linewidth=0)
    panel.step(view.times(grid), left, where="post", color=_BUDGET, linewidth=1.2)
    visible = returns[(returns >= low) & (returns <= high)]
    panel.plot(
        view.times(visible), [0.0] * len(visible), linestyle="", marker="|", markersize=7, color=_PUSH, clip_on=False
    )
    panel.set_ylim(0, evaluation.capacity * 1.05)
    panel.set_title("pushes left; a tick below: one returns", loc="left", fontsize=9, pad=3)


def _finish(panels: "list[Axes]", view: _View, outages: "Sequence[Interval]") -> None:
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
    locator = AutoDateLocator(tz=view.zone)  # type: ignore[no-untyped-call]  # untyped in matplotlib
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
        Patch(color=_REAL, label="real value"),
        Line2D([], [], color=_SHOWN, label="shown on the watch"),
        Patch(color=_WRONG, label="wrong"),
        Line2D([], [], color=_PUSH, marker="v", markersize=5, linewidth=0.8, label="push"),
    ]
    if has_price:
        entries.append(Line2D([], [], color=_PRICE, label="price of a push"))
        entries.append(Line2D([], [], color=_WORTH, linestyle="", marker=".", label="worth of a push"))
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries), frameon=False)
