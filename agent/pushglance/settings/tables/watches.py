"""What is shown, and where: the glance's templates, and the watches that show them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from pushglance.settings.errors.issues import Place
from pushglance.settings.values.durations import Duration
from pushglance.settings.values.templates import Template
from pushglance.settings.values.values import DeviceName, FilePath, PushoverKey, Secret

from .services import Budget
from .table import Table

if TYPE_CHECKING:
    from pushglance.settings.model import Settings

FIELDS = ("title", "text", "subtext", "count", "percent")
MESSAGES = "messages"  # what messages are booked under: no watch may be called so
ONLY_WATCH = "watch"  # the name of the one watch that [glance] makes

_TEMPLATE = '; values as {sensor} or {sensor.attribute}, "{{" is a brace. At most 100 characters when filled.'


class Glance(Table):
    """Say what fills the five fields; at least one, and which of them is seen depends on the complication."""

    title: Template | None = Field(default=None, description="A short headline" + _TEMPLATE)
    text: Template | None = Field(default=None, description="The main line" + _TEMPLATE)
    subtext: Template | None = Field(default=None, description="The second line" + _TEMPLATE)
    count: Template | None = Field(
        default=None, description='A whole number: one counter, or one gauge with decimals = 0, e.g. "{visitors}".'
    )
    percent: Template | None = Field(
        default=None, description='A ring or bar from 0 to 100: one gauge between its low and high, e.g. "{tank}".'
    )

    def templates(self) -> list[tuple[str, Template]]:
        """Return (field, template) of the fields that are used, in Pushover's order."""
        return [(field, getattr(self, field)) for field in FIELDS if getattr(self, field) is not None]


class Watch(Table):
    """Say whose watch it is and what it shows; each one has its own budget."""

    user: PushoverKey | None = Field(
        default=None, description="The user key of this watch: 30 letters and digits; left out: the one of [pushover]."
    )
    user_file: FilePath | None = Field(default=None, description="A file that holds this user key and nothing else.")
    device: DeviceName | None = Field(
        default=None,
        description="The device whose watch this is, as named in Pushover; left out: every device of the user.",
    )
    glance: Glance = Field(description="What this watch shows.")
    budget: Budget = Field(
        default_factory=Budget, description="This watch's own budget; what is left out is as in [budget]."
    )


@dataclass(frozen=True, slots=True)
class ShownWatch:
    """One watch with everything filled in that was left out; `user` is None while it is missing."""

    name: str
    place: Place
    user: Secret | None
    device: str
    pushes: int
    spacing: Duration
    pacing: str
    resets_at: str | None
    glance: Glance


def shown_watches(settings: "Settings") -> list[ShownWatch]:
    """Return every watch, whether it was written as [glance] or as [watches.NAME]."""
    if settings.glance is not None:
        device = settings.pushover.device or ""
        budget = settings.budget
        only = ShownWatch(
            name=ONLY_WATCH,
            place=(),
            user=settings.pushover.user,
            device=device,
            pushes=budget.pushes,
            spacing=budget.spacing,
            pacing=budget.pacing,
            resets_at=budget.resets_at,
            glance=settings.glance,
        )
        return [only]
    return [_filled_in(name, watch, settings) for name, watch in settings.watches.items()]


def _filled_in(name: str, watch: Watch, settings: "Settings") -> ShownWatch:
    own = watch.budget.model_fields_set
    budget = {key: getattr(watch.budget if key in own else settings.budget, key) for key in Budget.model_fields}
    return ShownWatch(
        name=name,
        place=("watches", name),
        user=watch.user or settings.pushover.user,
        device=watch.device or "",
        **budget,
        glance=watch.glance,
    )
