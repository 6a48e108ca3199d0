"""The settings reference, config/reference.md: every table and key, from the models that validate the settings."""

import json
from collections.abc import Iterator
from typing import Any

from .schema import schema_text
from .template_reference import template_reference

_HEAD = """\
# Every key of the settings

[README.md](README.md) has the settings by task. This page has every key of `/etc/pushglance/pushglance.toml`, or of the
file named by `--config` or `PUSHGLANCE_CONFIG`. [pushglance.example.toml](pushglance.example.toml) has every key with
its default; [pushglance.schema.json](pushglance.schema.json) is a JSON schema for editors.

- Durations carry a unit: `"200ms"`, `"20min"`, `"2h"`, `"1d"`.
- Any key can be set in the environment: `PUSHGLANCE_BUDGET__PUSHES=40` is `pushes` under `[budget]`. The environment
  overrides credentials and secret files, and these override the file.
- Write Pushover's keys and the broker's password into systemd credentials, into files (`token_file`) or into the
  environment, not into this file.
- Units for systemd: [pushglance.service](pushglance.service) for the agent,
  [pushglance-web.service](pushglance-web.service) for the status page.

This page is the output of `pushglance check --reference`.
"""

_TABLES_WITH_OWN_SECTION = ("LeftOpen", "Availability", "Rate", "Valid")


def reference_text() -> str:
    """Return the reference as Markdown that ends with a line feed."""
    schema = json.loads(schema_text())
    tables = schema["$defs"]
    parts = [_HEAD]
    for section, node in schema["properties"].items():
        parts += _section(section, node, tables)
        if section == "glance":
            parts += template_reference()
    return "\n".join(parts)


def _section(section: str, node: dict[str, Any], tables: dict[str, Any]) -> Iterator[str]:
    """Yield the heading, the description and the rows of a section, for each kind of sensor separately."""
    named = list(node.get("patternProperties", {}).values())
    table_node = named[0] if named else node
    refs = [choice["$ref"] for choice in table_node.get("oneOf", [])] or [table_node["$ref"]]
    name = f"{section}.NAME" if named else section
    for ref in refs:
        table = tables[_name_of(ref)]
        kind = table["properties"].get("kind", {}).get("const")
        yield f"## `[{name}]`" + (f', kind = "{kind}"' if kind else "") + "\n"
        yield _escaped(table.get("description") or node["description"]) + "\n"
        yield _rows(table, tables)
        for key, value in table["properties"].items():
            if _table_of(value) in _TABLES_WITH_OWN_SECTION:
                yield f"### `[{name}.{key}]`\n"
                yield _rows(tables[_table_of(value)], tables)


def _rows(table: dict[str, Any], tables: dict[str, Any]) -> str:
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for key, node in table["properties"].items():
        default = "required" if key in table.get("required", []) else "none"
        if "default" in node and not isinstance(node["default"], dict):
            default = f"`{json.dumps(node['default'], ensure_ascii=False)}`"
        lines.append(f"| `{key}` | {default} | {_escaped(node['description'])}{_nested_table_note(node, tables)} |")
    return "\n".join(lines) + "\n"


def _nested_table_note(node: dict[str, Any], tables: dict[str, Any]) -> str:
    """Return a reference to the section that describes the keys of a nested table."""
    sections = {"Glance": "[glance]", "Budget": "[budget]"}
    name = _name_of(node.get("$ref", ""))
    return f" Keys as under `{sections[name]}`." if name in sections and name in tables else ""


def _table_of(node: dict[str, Any]) -> str:
    """Return the name of the table that a key may hold instead of a single value, "" if it holds none."""
    return next((_name_of(choice["$ref"]) for choice in [node, *node.get("anyOf", [])] if "$ref" in choice), "")


def _name_of(ref: str) -> str:
    return ref.rpartition("/")[2]


def _escaped(text: str) -> str:
    """Return a description as text of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
