"""The one place that removes logins from text: errors, logs, tracebacks and what commands print pass through it."""

import re
import sys
import threading
from types import TracebackType

# Up to the last "@" before a space or a quote: a password may contain any other character, also "/" and "@".
_URL_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}:/{1,3})[^\s\"'<>]{0,1000}@", re.IGNORECASE)
_BARE_LOGIN = re.compile(r"(?<![^\s\"'=(,;])[^\s\"'/@:=(,;]{1,200}:[^\s\"']{1,200}@(?=[\w\[])")
_QUERY_SECRET = re.compile(r"([?&](?:pass(?:word|wd)?|pw|token|secret|key)=)[^&\s\"']+", re.IGNORECASE)

_EXAMPLE = "//name:password@"  # in messages that show how a login is written


def without_logins(text: str) -> str:
    """Return the text without user names and passwords in URLs, such as mqtt://NAME:PASSWORD@host."""
    if "@" in text:
        text = _URL_LOGIN.sub(lambda match: match[0] if match[0].endswith(_EXAMPLE) else match[1], text)
        text = _BARE_LOGIN.sub(lambda match: match[0] if match[0].endswith(_EXAMPLE) else "***@", text)
    return _QUERY_SECRET.sub(r"\1***", text) if "=" in text else text


def redact_tracebacks() -> None:
    """Print the traceback of an error that nothing has handled without logins, in every thread."""

    def print_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        import traceback  # noqa: PLC0415 - most processes never need it

        sys.stderr.write(without_logins("".join(traceback.format_exception(kind, error, trace))))

    def print_thread_error(unhandled: threading.ExceptHookArgs) -> None:
        if unhandled.exc_value is not None:
            sys.stderr.write(f"In the thread {unhandled.thread and unhandled.thread.name}: ")
            print_error(unhandled.exc_type, unhandled.exc_value, unhandled.exc_traceback)

    sys.excepthook = print_error
    threading.excepthook = print_thread_error
