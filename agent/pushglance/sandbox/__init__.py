"""A local server that behaves like api.pushover.net, with a page that shows each simulated watch.

It answers `POST /1/glances.json` and `/1/messages.json` as Pushover's documentation describes, stores what each watch
would show, stops updating a screen after 50 pushes in 24 hours as watchOS does, and fails on request (see `faults`).
Users start it with `pushglance sandbox`; tests write `with Sandbox() as sandbox:`. It uses the standard library only:
a fault must drop, reset or delay an answer at the level of its socket, which web frameworks do not offer.

Limits: there are no accounts, and each well-formed key is valid unless the valid ones are listed. It serves plain HTTP
unless a certificate is given. The hour at which watchOS resets its count is not documented, so the sandbox uses a
rolling window of 24 hours that also counts pushes it did not show; this is stricter than any fixed hour, which
`resets_at` simulates. A push is seen at once, or after `delay_s`. Where the documentation is silent (most error texts,
the status of a wrong path), the answer is a plausible guess.
"""

from .faults import KINDS, Fault
from .records import Arrival, ReceivedMessage, Request
from .sandbox import TOKEN, USER, Sandbox

__all__ = [
    "KINDS",
    "TOKEN",
    "USER",
    "Arrival",
    "Fault",
    "ReceivedMessage",
    "Request",
    "Sandbox",
]
