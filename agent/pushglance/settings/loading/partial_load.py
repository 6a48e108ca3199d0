"""What is still sound in settings with mistakes, so that the rest can be compared and told about at once."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from pushglance.settings.errors.error_messages import place_of
from pushglance.settings.errors.issues import Place

_Model = TypeVar("_Model")
_ROUNDS = 4  # cutting out a key may leave its table without a needed one, and that table is cut out next


def salvage(
    read: Callable[[Any], _Model], tree: dict[str, Any], error: ValidationError
) -> tuple[_Model | None, set[Place]]:
    """Return the model without what is broken, and the places that were cut out; None if nothing can be read."""
    broken: set[Place] = set()
    for _ in range(_ROUNDS):
        cuts = {_cut_at(details["type"], place_of(details)[0]) for details in error.errors(include_url=False)}
        for place in cuts:
            tree = _without(tree, place)
        broken |= cuts
        try:
            return read(tree), broken
        except ValidationError as next_error:
            error = next_error
    return None, broken


def is_broken(broken: set[Place], *places: Place) -> bool:
    """Tell whether a place, or a table around it, was cut out."""
    return any(place[:length] in broken for place in places for length in range(1, len(place) + 1))


def _cut_at(kind: str, place: Place) -> Place:
    """Return what to cut out: a table that misses a key, the entry of a name that is not allowed, else the value."""
    return place[:-1] if kind == "missing" or place[-1] == "[key]" else place


def _without(tree: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return the tree without a place; the given tree stays as it is."""
    key, *rest = place
    inner = tree.get(key)
    if rest and isinstance(inner, dict):
        return {**tree, key: _without(inner, tuple(rest))}
    return {name: value for name, value in tree.items() if name != key}
