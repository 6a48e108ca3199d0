"""The tables of watches: the templates of a glance, and the user and device that show it."""

from pydantic import Field

from pushglance.core.push.glance import FIELD_NAMES
from pushglance.settings.values.names import DeviceName, FilePath
from pushglance.settings.values.secrets import PushoverKey
from pushglance.settings.values.templates import Template

from .services import Budget
from .table import Table

MESSAGES = "messages"  # the name of the ledger of messages, so no watch may have it

_TEMPLATE = '; values are written {sensor} or {sensor.attribute}, a brace is "{{". At most 100 characters with values.'


class Glance(Table):
    """The five fields of the glance, at least one of them. Which ones are visible depends on the complication."""

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
        """Return (field, template) of the used fields, in Pushover's order."""
        return [(field, getattr(self, field)) for field in FIELD_NAMES if getattr(self, field) is not None]


class Watch(Table):
    """A watch: its user and device, its glance and its own budget."""

    user: PushoverKey | None = Field(
        default=None, description="The user key of this watch: 30 letters and digits; left out: that of [pushover]."
    )
    user_file: FilePath | None = Field(default=None, description="A file with nothing but this user key.")
    device: DeviceName | None = Field(
        default=None,
        description="The device with this watch, as named in Pushover; left out: every device of the user.",
    )
    glance: Glance = Field(description="What this watch shows.")
    budget: Budget = Field(
        default_factory=Budget, description="The budget of this watch; keys that are left out are those of [budget]."
    )
