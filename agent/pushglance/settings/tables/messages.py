"""Messages: what must be noticed is an ordinary Pushover message, with a small limit of its own."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from pushglance.settings.errors.issues import ValueProblem
from pushglance.settings.values.durations import Duration, DurationRange
from pushglance.settings.values.names import DeviceName
from pushglance.settings.values.scalars import Whole

from .table import Table

MESSAGE_CHARACTERS = 1024  # pushover.net/api


def _message(written: str) -> str:
    if not written.strip():
        raise ValueProblem("a message says something", '"Garage still open"')
    if len(written) > MESSAGE_CHARACTERS:
        raise ValueProblem(f"a message has at most {MESSAGE_CHARACTERS} characters, and this has {len(written)}")
    return written


MessageText = Annotated[str, AfterValidator(_message)]


class LeftOpen(Table):
    """Say when a contact has been open for too long, and what is told then."""

    after: Annotated[Duration, DurationRange("10s", "7d", "min")] = Field(
        examples=["20min"], description="How long it must have been open, 10s to 7d."
    )
    message: MessageText | None = Field(
        default=None,
        examples=["Garage still open"],
        description='What is told then, up to 1024 characters; left out: its word for open and "for" that long.',
    )
    closed: MessageText | None = Field(
        default=None, description="What is told when it is closed again; left out: its word for closed."
    )
    priority: Whole = Field(
        default=0,
        ge=-2,
        le=1,
        description="How loud it is, as Pushover counts: -2 silent, -1 quiet, 0 as usual, 1 also in quiet hours.",
    )


def _also_one_duration(written: object) -> object:
    return {"after": written} if isinstance(written, str) else written


LeftOpenRule = Annotated[LeftOpen, BeforeValidator(_also_one_duration)]


class Messages(Table):
    """Say who gets messages and how many; they cost nothing of a watch's budget."""

    limit: Whole = Field(default=10, ge=1, le=50, description="Messages in any 24 hours, 1 to 50.")
    device: DeviceName | None = Field(
        default=None,
        description="The device that gets them, as named in Pushover; left out: every device of the user.",
    )
