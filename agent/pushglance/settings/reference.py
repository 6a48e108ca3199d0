"""The settings reference for people, config/README.md: every table and key, from the same models that check them."""

import json
from collections.abc import Iterator
from typing import Any

from .schema import schema_text

_HEAD = """\
# Settings

One TOML file, `/etc/pushglance/pushglance.toml` or the one named by `--config` or `PUSHGLANCE_CONFIG`. Start from an
example of this folder, or let `pushglance init` ask; `pushglance check` says what it understood. Every key, one after
another with its default, stands in [pushglance.example.toml](pushglance.example.toml); for editors there is
[pushglance.schema.json](pushglance.schema.json).

- Durations carry a unit: `"200ms"`, `"20min"`, `"2h"`, `"1d"`.
- Any key can come from the environment: `PUSHGLANCE_BUDGET__PUSHES=40` is `pushes` under `[budget]`. The environment
  wins over credentials and secret files, these win over the file.
- Keys of Pushover and the broker's password belong into systemd credentials, into files (`token_file`), or into the
  environment, rather than into this file.
- Units for systemd: [pushglance.service](pushglance.service) runs the agent,
  [pushglance-web.service](pushglance-web.service) the status page.

This page is written by `pushglance check --reference`, from the models that check the settings.
"""

_TOLD_APART = ("LeftOpen",)


def reference_text() -> str:
    """Return the reference as Markdown that ends with a line feed."""
    schema = json.loads(schema_text())
    tables = schema["$defs"]
    parts = [_HEAD]
    for section, node in schema["properties"].items():
        parts += _section(section, node, tables)
    return "\n".join(parts)


def _section(section: str, node: dict[str, Any], tables: dict[str, Any]) -> Iterator[str]:
    named = list(node.get("patternProperties", {}).values())
    inner = named[0] if named else node
    refs = [one["$ref"] for one in inner.get("oneOf", [])] or [inner["$ref"]]
    name = f"{section}.NAME" if named else section
    for ref in refs:
        table = tables[_name_of(ref)]
        kind = table["properties"].get("kind", {}).get("const")
        yield f"## `[{name}]`" + (f', kind = "{kind}"' if kind else "") + "\n"
        yield _sentence(table.get("description") or node["description"]) + "\n"
        yield _rows(table, tables)
        for key, inside in table["properties"].items():
            if _table_of(inside) in _TOLD_APART:
                yield f"### `[{name}.{key}]`\n"
                yield _rows(tables[_table_of(inside)], tables)


def _rows(table: dict[str, Any], tables: dict[str, Any]) -> str:
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for key, node in table["properties"].items():
        default = "required" if key in table.get("required", []) else "none"
        if "default" in node and not isinstance(node["default"], dict):
            default = f"`{json.dumps(node['default'], ensure_ascii=False)}`"
        lines.append(f"| `{key}` | {default} | {_sentence(node['description'])}{_inner(node, tables)} |")
    return "\n".join(lines) + "\n"


def _inner(node: dict[str, Any], tables: dict[str, Any]) -> str:
    """Return where the keys of a table in a table are told."""
    known = {"Glance": "[glance]", "Budget": "[budget]"}
    name = _name_of(node.get("$ref", ""))
    return f" Keys as under `{known[name]}`." if name in known and name in tables else ""


def _table_of(node: dict[str, Any]) -> str:
    """Return the name of the table that a key may hold instead of one value, "" if it holds none."""
    return next((_name_of(one["$ref"]) for one in node.get("anyOf", []) if "$ref" in one), "")


def _name_of(ref: str) -> str:
    return ref.rpartition("/")[2]


def _sentence(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
