"""The valid part of settings with errors, so that the rest can be checked too and all errors are reported at once."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from pushglance.settings.errors.issues import Place
from pushglance.settings.model import Settings

from .error_messages import place_of

_ATTEMPTS_MAX = 4  # without the removed key its table may be invalid, too; then the next attempt removes the table


def load_valid_part(tree: dict[str, Any], error: ValidationError) -> tuple[Settings | None, set[Place]]:
    """Return the settings without their wrong values, and the removed places; None if nothing can be read."""
    broken: set[Place] = set()
    for _ in range(_ATTEMPTS_MAX):
        places = {
            _place_to_remove(details["type"], place_of(details)[0]) for details in error.errors(include_url=False)
        }
        tree = _without(tree, places)
        broken |= places
        try:
            return Settings.model_validate(tree), broken
        except ValidationError as next_error:
            error = next_error
    return None, broken


def _place_to_remove(kind: str, place: Place) -> Place:
    """Return the place to remove: the table of a missing key, the entry of an invalid name, else the value."""
    return place[:-1] if kind == "missing" or place[-1] == "[key]" else place


def _without(tree: dict[str, Any], places: Iterable[Place]) -> dict[str, Any]:
    """Return a copy of the tree without these places, in one pass: there may be thousands of wrong keys."""
    inner_places: dict[str, list[Place]] = {}
    for key, *rest in places:
        inner_places.setdefault(key, []).append(tuple(rest))
    copy = {}
    for key, value in tree.items():
        below = inner_places.get(key)
        if below is None:
            copy[key] = value
        elif isinstance(value, dict) and () not in below:
            copy[key] = _without(value, below)
    return copy
