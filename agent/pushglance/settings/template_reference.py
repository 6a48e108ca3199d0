"""The section of the settings reference about templates: every attribute that a kind of sensor has."""

from collections.abc import Iterator

_HEAD = """\
## Templates

A field of a glance is a template: text with values in braces. `{garage}` is the value of the sensor `garage`, and
`{garage.since}` an attribute of it. `{{` and `}}` are the braces themselves. While a value is unknown, `?` is shown;
`{tank|no value}` shows another text instead, and `{tank|}` none. `count` and `percent` take one number and nothing
else. `pushglance check` shows the longest text of each field, and which complications cut it off.
"""

# The kinds that have an attribute, and its meaning.
ATTRIBUTES = {
    "": ("all", "the value: the word of a contact, the number, the text"),
    "age": (
        "all",
        "how old its last value is, in steps: `<1 h`, `>1 h`, `>2 h`, `>3 h`, `>6 h`, `>12 h`, `>1 d` ...",
    ),
    "since": ("contact", "the local time at which it last changed: `14:05`"),
    "since_day": ("contact", "the same with the day: `Mon 14:05`"),
    "total": ("counter", "everything that was counted"),
    "today": ("counter", 'what was counted since midnight; only with `resets = "daily"`'),
    "rate": ("counter", "how fast it counts; only with `rate`"),
    "last": ("counter", "the local time at which it last counted: `14:05`"),
    "last_day": ("counter", "the same with the day: `Mon 14:05`"),
    "count": ("group", "how many members are open; only of contacts"),
    "names": ("group", "the names of those, or the word for closed"),
    "time": ("text", "the time that the text names, as local time: ISO 8601, or Unix time in s or ms"),
    "time_day": ("text", "the same with the day: `Mon 14:05`"),
}


def template_reference() -> Iterator[str]:
    """Yield the parts of the section, as Markdown."""
    yield _HEAD
    rows = ["| template | kinds | meaning |", "|---|---|---|"]
    for attribute, (kinds, meaning) in ATTRIBUTES.items():
        reference = f"{{NAME.{attribute}}}" if attribute else "{NAME}"
        rows.append(f"| `{reference}` | {kinds} | {meaning} |")
    yield "\n".join(rows) + "\n"
