"""A local stand-in for api.pushover.net, with a watch face to look at.

It answers `POST /1/glances.json` and `/1/messages.json` as the documentation promises, keeps what each watch would
show, stops updating a screen past 50 arrivals in 24 hours as watchOS does, and misbehaves when told to. People start it
with `pushglance sandbox`; tests write `with Sandbox() as sandbox:`. Only the standard library is used, on purpose: an
answer must be droppable, resettable and delayable at the level of its socket, which no web framework offers.

What it is not: it holds no accounts and knows every well-formed key unless told which ones exist; it speaks plain HTTP
unless given a certificate; it cannot know the hour at which watchOS really forgives (it rolls over 24 hours, counts
also what came too late to be shown, and so is stricter than any such hour), nor how long a real update is on its way.
What the documentation leaves open (the sentences of most errors, the status of a wrong path) is a plausible guess.
"""

from pushglance.watchface import draw_watch

from .api.faults import KINDS, Fault
from .records import FIELDS, Arrival, Message, Request
from .sandbox import TOKEN, USER, Sandbox

__all__ = ["FIELDS", "KINDS", "TOKEN", "USER", "Arrival", "Fault", "Message", "Request", "Sandbox", "draw_watch"]
