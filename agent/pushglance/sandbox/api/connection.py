"""The interface of a client's connection, as the API and the admin pages use it.

It has its own module to avoid an import cycle: the server imports the API and the admin pages, which use it.
"""

from email.message import Message as Headers
from typing import Protocol

from .responses import Response


class Connection(Protocol):
    """One HTTP connection with its current request."""

    command: str  # the HTTP method
    headers: Headers

    def send(self, content: bytes) -> None:
        """Send bytes now."""
        ...

    def reply(self, response: Response) -> None:
        """Send a complete response, or only its head if the request is a HEAD."""
        ...

    def close_after_response(self) -> None:
        """Close the connection once the current response is sent."""
        ...

    def reset(self) -> None:
        """Close the connection with a TCP reset."""
        ...

    def set_send_timeout(self, timeout_s: float) -> None:
        """Limit how long one send may block."""
        ...
