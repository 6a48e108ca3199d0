"""Errors about unknown keys: the key that was probably meant, and the section where it belongs."""

import re
from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pushglance.settings.errors.issues import Place, assignment, listed, section
from pushglance.settings.errors.suggestions import nearest
from pushglance.settings.model import Settings
from pushglance.settings.tables.sensors import KINDS, SOURCES

from .synonyms import key_meant, not_needed

_NAME_PLACEHOLDER = "NAME"  # placeholder in a section's header for a name that the user chooses
_RENAMED = {"scale": "significant_change"}  # keys of sensors: old name, new name


def unknown_key(place: Place, kind: str, written: object) -> str:
    """Return the error about a key that its section does not have.

    `kind` is that of the sensor, "" outside of sensors; `written` is the key's value.
    """
    key, known = place[-1], _keys_at(place[:-1], kind)
    if kind and len(place) == 3 and (reason := _key_of_sensors(place, kind, written)):
        return reason
    if guess := key_meant(key, known):
        return _did_you_mean(place, guess)
    if kind and len(place) == 3 and (reason := _key_of_another_kind(key, kind)):
        return reason
    if reason := not_needed(key):
        return f"unknown key; remove it: {reason}"
    guess = nearest(key, known)
    return _did_you_mean(place, guess) if guess else _key_of_another_section(place, known)


def _key_of_sensors(place: Place, kind: str, written: object) -> str:
    """Return the error about a key that sensors have or had, but not one of this kind; "" if none has it."""
    key = place[-1]
    if key in _RENAMED:
        return _renamed_key(place, kind, written)
    if key in SOURCES:
        return SOURCES[key].unsupported_reason(kind)
    other_kinds = [name for name, model in KINDS.items() if key in model.model_fields]
    if other_kinds:
        return f"this key belongs to a {listed(other_kinds)}, and this sensor is a {kind}; remove it or change kind"
    return ""


def _key_of_another_section(place: Place, known: list[str]) -> str:
    """Return the error about a key with the section that has it, else with the keys that are known here."""
    key, sections = place[-1], _sections_by_key()
    is_exact = key.lower() in sections
    guess = key.lower() if is_exact else key_meant(key, list(sections)) or nearest(key, list(sections))
    if guess:
        return f"unknown key here; did you mean {guess} in {listed(sections[guess])}?"
    where = section(place[:-1]) if len(place) > 1 else "the file"
    names = listed([f"[{name}]" for name in known] if len(place) == 1 else known, "and")
    return f"unknown key; {where} has {names}"


def _did_you_mean(place: Place, guess: str) -> str:
    return f"unknown key; did you mean {_key_with_section(place[:-1], guess)}?"


def _key_of_another_kind(key: str, kind: str) -> str:
    """Return the error about a key which other kinds of sensors have under another name, "" if none has it."""
    for name, model in KINDS.items():
        guess = key_meant(key, model.model_fields) if name != kind else ""
        if guess:
            kinds = listed([other for other, fields in KINDS.items() if guess in fields.model_fields])
            return f"unknown key; {guess} is meant, which belongs to a {kinds}, and this sensor is a {kind}"
    return ""


def _renamed_key(place: Place, kind: str, written: object) -> str:
    """Return the error about a renamed key of a sensor, with the line to type."""
    new_key = _RENAMED[place[-1]]
    if new_key not in KINDS[kind].model_fields:
        kinds = listed([name for name, model in KINDS.items() if new_key in model.model_fields])
        return (
            f"this key was renamed to {new_key}, which belongs to a {kinds}, and this sensor is a {kind}; "
            "remove it or change kind"
        )
    is_number = re.fullmatch(r"[0-9.]{1,15}", str(written)) is not None
    return f"this key was renamed; write {assignment(place, str(written) if is_number else '10', new_key)}"


def field_at(place: Place, kind: str) -> FieldInfo | None:
    """Return the field at a place, None if there is none."""
    model = _model_at(Settings, place[:-1], kind)
    return model.model_fields.get(place[-1]) if model and place else None


def _key_with_section(place: Place, key: str) -> str:
    """Return a key with its section; at the top level the keys are sections themselves."""
    if place:
        return f"{key} in {section(place)}"
    annotation = Settings.model_fields[key].annotation
    return section((key, _NAME_PLACEHOLDER)) if get_origin(annotation) is dict else section((key,))


def _keys_at(place: Place, kind: str) -> list[str]:
    model = _model_at(Settings, place, kind)
    return sorted(model.model_fields) if model else []


def _model_at(model: type[BaseModel] | None, place: Place, kind: str) -> type[BaseModel] | None:
    """Return the model of the table at a place."""
    if not place or model is None:
        return model
    if place[0] == "sensors" and len(place) > 1:
        return _model_at(KINDS.get(kind), place[2:], "")
    field = model.model_fields.get(place[0])
    inner = next(models_in(field.annotation), None) if field else None
    is_named = field is not None and get_origin(field.annotation) is dict
    return _model_at(inner, place[2:] if is_named else place[1:], kind)


def known_keys() -> set[str]:
    """Return every key of every section."""
    return {*_sections_by_key(), *Settings.model_fields}


@cache
def _sections_by_key() -> dict[str, list[str]]:
    """Return the headers of the sections that have each key."""
    sections: dict[str, list[str]] = {}
    for name, field in Settings.model_fields.items():
        is_named = get_origin(field.annotation) is dict
        place = (name, _NAME_PLACEHOLDER) if is_named else (name,)
        for model in models_in(field.annotation):
            for key in model.model_fields:
                if section(place) not in sections.setdefault(key, []):
                    sections[key].append(section(place))
    return sections


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models in an annotation: itself, the values of a dict, the members of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {dict, Union, UnionType, Annotated}:
        for inner in get_args(annotation):
            yield from models_in(inner)
