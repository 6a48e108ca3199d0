"""What is shown, and where: the glance's templates, and the watches that show them."""

from pydantic import Field

from pushglance.core.push.glance import FIELD_NAMES
from pushglance.settings.values.names import DeviceName, FilePath
from pushglance.settings.values.secrets import PushoverKey
from pushglance.settings.values.templates import Template

from .services import Budget
from .table import Table

MESSAGES = "messages"  # what messages are booked under: no watch may be called so

_TEMPLATE = '; values as {sensor} or {sensor.attribute}, "{{" is a brace. At most 100 characters when filled.'


class Glance(Table):
    """Say what fills the five fields; at least one, and which of them is seen depends on the complication."""

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
        """Return (field, template) of the fields that are used, in Pushover's order."""
        return [(field, getattr(self, field)) for field in FIELD_NAMES if getattr(self, field) is not None]


class Watch(Table):
    """Say whose watch it is and what it shows; each one has its own budget."""

    user: PushoverKey | None = Field(
        default=None, description="The user key of this watch: 30 letters and digits; left out: the one of [pushover]."
    )
    user_file: FilePath | None = Field(default=None, description="A file that holds this user key and nothing else.")
    device: DeviceName | None = Field(
        default=None,
        description="The device whose watch this is, as named in Pushover; left out: every device of the user.",
    )
    glance: Glance = Field(description="What this watch shows.")
    budget: Budget = Field(
        default_factory=Budget, description="This watch's own budget; what is left out is as in [budget]."
    )
