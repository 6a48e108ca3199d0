"""Words about a push that failed or was refused: what is wrong, whose answer it was, and what a user can do.

Boards do not import this module.
"""

from pushglance.core.causes import (
    BROKEN,
    BURST,
    CONNECT,
    DEVICE,
    DNS,
    GATEWAY,
    PROXY,
    QUOTA,
    REDIRECT,
    SERVER,
    TIMEOUT,
    TLS,
    TOKEN,
    UNREACHED,
    USER,
    WIDGET,
)

CAUSE_TEXTS = {
    DNS: "the name of Pushover's server was not found",
    CONNECT: "no connection to Pushover's server",
    TLS: "Pushover's server could not be verified",
    PROXY: "a proxy or the network refused",
    REDIRECT: "the network answered with a redirect",
    TIMEOUT: "no answer of Pushover in time",
    BROKEN: "the connection ended before the answer",
    GATEWAY: "a server between here and Pushover answered",
    SERVER: "Pushover's server failed",
    QUOTA: "the quota of Pushover's account is used up",
    BURST: "too many requests for the moment",
    UNREACHED: "Pushover accepted it, and no device gets it",
}
# What may be wrong, in the order in which it is looked for, and what to do
_CURES = (
    (TOKEN, "copy the application's token again from pushover.net/apps"),
    (USER, "copy the user key again from pushover.net"),
    (DEVICE, "compare device with the devices at pushover.net, and log in again in the app there"),
    (WIDGET, "add Pushover's complication to the watch face"),
)
_LICENCE_CURE = "renew Pushover's licence of that device"
_RELOAD = "type systemctl reload pushglance"


def failure_text(cause: str, detail: str) -> str:
    """Return why a push failed, in one clause; `detail` is that of its answer."""
    text = CAUSE_TEXTS.get(cause, "")
    if text and detail:
        return "%s (%s)" % (text, detail)
    return text or detail or "no reason is known"


def cure(cause: str, detail: str) -> str:
    """Return what a user can do about a refusal: it follows what the refusal names, and else Pushover's sentence."""
    names = cause.split()
    for name, text in _CURES:
        if name in names:
            return "%s, then %s" % (text, _RELOAD)
    if "licen" in detail.lower() or "trial" in detail.lower():
        return "%s, then %s" % (_LICENCE_CURE, _RELOAD)
    if names:
        return "correct the text or number of %s; until then it is left out" % " and ".join(names)
    return "fix what Pushover's sentence names, then " + _RELOAD
