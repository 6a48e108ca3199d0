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
    INFO,
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
    TLS: "no encrypted connection to Pushover's server",
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
# What to look at after a failure that is tried again by itself
_LOOK_AT = {
    DNS: "check the network and /etc/resolv.conf",
    CONNECT: "check the network and its firewall",
    TLS: "check the clock, the system's certificates (ca-certificates) and ca_file under [pushover]",
    PROXY: "check the proxy and its login, or log in to this network",
    REDIRECT: "log in to this network, or check url under [pushover]",
    GATEWAY: "check the proxy, the firewall or the login page between here and Pushover",
    QUOTA: "use fewer watches or a smaller [budget], or buy more messages at pushover.net",
    UNREACHED: "look at the devices of the account at pushover.net",
    INFO: "look at the account at pushover.net",
}


def failure_text(cause: str, detail: str) -> str:
    """Return why a push failed, in one clause; `detail` is that of its answer."""
    text = CAUSE_TEXTS.get(cause, "")
    if text and detail:
        return "%s (%s)" % (text, detail)
    return text or detail or "no reason is known"


def cure(cause: str, detail: str) -> str:
    """Return what a user can do about a refusal: it follows what the refusal names, and else Pushover's sentence."""
    names = cause.split()
    texts = [text for name, text in _CURES if name in names]
    if texts:
        return "%s, then %s" % (" and ".join(texts), _RELOAD)
    if "licen" in detail.lower() or "trial" in detail.lower():
        return "%s, then %s" % (_LICENCE_CURE, _RELOAD)
    if names:
        return "correct the text or number of %s; until then it is left out" % " and ".join(names)
    return "fix what Pushover's sentence names, then " + _RELOAD


def look_at(cause: str) -> str:
    """Return what a user can look at after a failure or a remark of Pushover."""
    return _LOOK_AT.get(cause, "wait: it is tried again; if it lasts, look at status.pushover.net")
