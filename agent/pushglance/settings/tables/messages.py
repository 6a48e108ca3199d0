"""Messages: ordinary Pushover messages about contacts that are left open, with their own daily limit."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from pushglance.settings.errors.issues import ValueProblem
from pushglance.settings.values.durations import Duration, DurationRange
from pushglance.settings.values.names import DeviceName
from pushglance.settings.values.scalars import WholeNumber

from .table import Table

MESSAGE_CHARACTERS = 1024  # pushover.net/api


def _check_message(written: str) -> str:
    if not written.strip():
        raise ValueProblem("a message must not be empty", '"Garage still open"')
    if len(written) > MESSAGE_CHARACTERS:
        raise ValueProblem(f"a message has at most {MESSAGE_CHARACTERS} characters, and this has {len(written)}")
    return written


def _check_closing_message(written: str) -> str:
    return _check_message(written) if written else written


ClosingText = Annotated[str, AfterValidator(_check_closing_message)]
MessageText = Annotated[str, AfterValidator(_check_message)]


class LeftOpen(Table):
    """The time after which an open contact counts as left open, and the messages about it."""

    after: Annotated[Duration, DurationRange("0s", "7d", "min")] = Field(
        examples=["20min"], description="How long the contact must be open, 0s to 7d; 0s: a message as soon as it is."
    )
    message: MessageText | None = Field(
        default=None,
        examples=["Garage still open"],
        description='The message, up to 1024 characters; left out: the word for open, "for" and the duration.',
    )
    closed: ClosingText | None = Field(
        default=None,
        description='The message when it is closed again; left out: the word for closed. "": no such message.',
    )
    priority: WholeNumber = Field(
        default=0,
        ge=-2,
        le=1,
        description="Pushover's priority: -2 silent, -1 quiet, 0 normal, 1 also in quiet hours.",
    )


def _from_one_duration(written: object) -> object:
    return {"after": written} if isinstance(written, str) else written


LeftOpenRule = Annotated[LeftOpen, BeforeValidator(_from_one_duration)]


class Messages(Table):
    """Messages about contacts left open: their device and daily limit. They do not use the budget of a watch."""

    limit: WholeNumber = Field(default=10, ge=1, le=50, description="Messages in any 24 hours, 1 to 50.")
    device: DeviceName | None = Field(
        default=None,
        description="The device that gets them, as named in Pushover; left out: every device of the user.",
    )
