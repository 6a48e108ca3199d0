"""Usual faults by name: what Pushover or a server in between answers in the field.

`pushglance sandbox --fault html-429` starts with one; a script (`--faults FILE`) is a JSON list of names and objects.
"""

from .faults import Fault

_SERVER = {"Server": "nginx", "Content-Type": "text/html"}

NAMED = {
    "html-429": Fault("html", status=429, headers=_SERVER),
    "html-429-soon": Fault("html", status=429, headers={**_SERVER, "Retry-After": "2"}),
    "html-502": Fault("html", status=502, headers=_SERVER),
    "html-403": Fault("html", status=403, headers={"Server": "cloudflare", "Content-Type": "text/html"}),
    "html-404": Fault("html", status=404, headers=_SERVER),
    "html-408": Fault("html", status=408, headers=_SERVER),
    "html-413": Fault("html", status=413, headers=_SERVER),
    "empty-400": Fault("empty", status=400),
    "foreign-400": Fault("foreign", status=400),
    "proxy-407": Fault("html", status=407, headers=_SERVER),
    "portal": Fault("html", status=302, headers={"Location": "http://login.example/"}),
    "unavailable": Fault("html", status=503, headers={**_SERVER, "Retry-After": "120"}),
    "quota": Fault(
        "status",
        status=429,
        headers={"X-Limit-App-Remaining": "0"},
        text="application message limit reached",
        names=("token",),
    ),
    "no-widget": Fault("status", status=400, text="no devices with a widget found", names=("device",)),
    "unknown-device": Fault("status", status=400, text="device name is not valid for user", names=("device",)),
    "no-device": Fault("info", text="no active devices to send to"),
    "bad-token": Fault("status", status=400, text="application token is invalid", names=("token",)),
    "bad-user": Fault(
        "status", status=400, text="user identifier is not a valid user, group, or subscribed user key", names=("user",)
    ),
    "bad-count": Fault("status", status=400, text="count is too large", names=("count",)),
    "lost-answer": Fault("drop", applies=True),
    "lost-request": Fault("drop"),
}
