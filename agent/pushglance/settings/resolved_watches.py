"""The watches of the settings, with every default filled in."""

from dataclasses import dataclass

from .errors.issues import Place
from .model import Settings
from .tables.services import Budget
from .tables.watches import Glance, Watch
from .values.durations import Duration
from .values.secrets import Secret

ONLY_WATCH = "watch"  # the name of the one watch that [glance] defines


@dataclass(frozen=True, slots=True)
class ResolvedWatch:
    """A watch with every default filled in; `user` is None if no user key is set."""

    name: str
    place: Place
    user: Secret | None
    device: str
    pushes: int
    spacing: Duration
    pacing: str
    resets_at: str | None
    glance: Glance


def resolve_watches(settings: Settings) -> list[ResolvedWatch]:
    """Return every watch, written as [glance] or as [watches.NAME]; a node that only publishes has none."""
    if settings.glance is not None:
        only = Watch(user=settings.pushover.user, device=settings.pushover.device, glance=settings.glance)
        return [_resolve(ONLY_WATCH, (), only, settings)]
    return [_resolve(name, ("watches", name), watch, settings) for name, watch in settings.watches.items()]


def _resolve(name: str, place: Place, watch: Watch, settings: Settings) -> ResolvedWatch:
    own = watch.budget.model_fields_set
    budget = {key: getattr(watch.budget if key in own else settings.budget, key) for key in Budget.model_fields}
    return ResolvedWatch(
        name=name,
        place=place,
        user=watch.user or settings.pushover.user,
        device=watch.device or "",
        **budget,
        glance=watch.glance,
    )
