"""The settings reference is current and complete."""

import json
import re

from pushglance.settings.reference import reference_text
from pushglance.settings.tables.sensors import KINDS


def test_reference_is_current(config):
    """config/reference.md is current; agent/README.md has the command that updates it."""
    assert (config / "reference.md").read_text(encoding="utf-8") == reference_text()


def test_reference_has_every_key(config):
    """Each key of each table has a row with a description."""
    text = reference_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", text, re.MULTILINE)
    schema = json.loads((config / "pushglance.schema.json").read_text(encoding="utf-8"))
    described = {name for name, _, _ in rows}
    for table in schema["$defs"].values():
        assert set(table["properties"]) <= described
    assert all(sentence.strip() for _, _, sentence in rows)


def test_links_lead_to_files(config):
    """Every link of the reference leads to a file of the folder."""
    links = re.findall(r"\]\(([^)]+)\)", reference_text())
    assert len(links) > 3
    assert [link for link in links if not (config / link).exists()] == []


def test_reference_has_every_attribute_of_templates():
    """Each attribute that a template may name has a row, and no other one has."""
    rate = {"per": "1h"}
    known = set()
    for kind, model in KINDS.items():
        keys = {"counter": {"resets": "daily", "rate": rate}}.get(kind, {})
        known |= set(model(kind=kind, **keys).template_attributes())
    rows = set(re.findall(r"^\| `\{NAME\.?(\w*)\}` \| ", reference_text(), re.MULTILINE))
    assert rows == known
