"""The settings reference is the one that the models make, and it is whole."""

import json
import re

from pushglance.settings.reference import reference_text


def test_is_current(config):
    """config/README.md is current; else type: pushglance check --reference > config/README.md."""
    assert (config / "README.md").read_text(encoding="utf-8") == reference_text()


def test_names_every_key(config):
    """Each key of each table has a row with a sentence."""
    text = reference_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", text, re.MULTILINE)
    schema = json.loads((config / "pushglance.schema.json").read_text(encoding="utf-8"))
    told = {name for name, _, _ in rows}
    for table in schema["$defs"].values():
        assert set(table["properties"]) <= told
    assert all(sentence.strip() for _, _, sentence in rows)


def test_points_at_files_that_are_there(config):
    """Every link leads to a file of the folder."""
    links = re.findall(r"\]\(([^)]+)\)", reference_text())
    assert len(links) > 3
    assert [link for link in links if not (config / link).exists()] == []
