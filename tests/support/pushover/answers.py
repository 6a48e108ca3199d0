"""The table of answers: what Pushover or a server in between may answer to a push, and what each answer means.

To add an answer, add a row. Two tests read the table: on CPython, and on MicroPython as on a board.
"""

import json

DATE = {"date": "Tue, 14 Nov 2023 22:13:20 GMT"}  # 1 700 000 000
HTML = "<html>\r\n<head><title>nginx</title></head>\r\n<body></body></html>"
LATER, EARLIER = "Tue, 14 Nov 2023 22:14:50 GMT", "Tue, 14 Nov 2023 22:12:50 GMT"
HOUR = 3_600_000


def accepted(**content):
    """Return Pushover's JSON with status 1."""
    return json.dumps({"status": 1, "request": "r"} | content)


def own(*errors, **content):
    """Return Pushover's own refusal with these errors."""
    return json.dumps({"status": 0, "request": "r"} | content | ({"errors": errors} if errors else {}))


def nested(depth):
    """Return objects within each other."""
    return {"a": nested(depth - 1)} if depth else "deep"


def limit(left, reset):
    """Return the headers of a quota with so many messages left, "": unknown."""
    return DATE | {"x-limit-app-reset": reset} | ({"x-limit-app-remaining": left} if left else {})


OWN = own("out of order")
IN_AN_HOUR, PAST = "1700003600", "1699999999"
OLD_QUOTA = own("application has exceeded current limit of 7500 messages", token="invalid")
GROUP = "user identifier is not a valid user, group, or subscribed user key"
WRONG_DEVICE = own("device name is not valid for user", device="invalid for this user")
NO_DEVICE = "no active devices to send to"
GATEWAYS = "an answer that is not Pushover's"

# (name, status, headers, body, outcome, wait_ms, cause, a part of the detail)
ANSWERS = [
    # HTTP 200: only status 1 is delivered; remarks are kept
    ("ok", 200, {}, accepted(), "delivered", 0, "", "request r"),
    ("ok without an id", 200, {}, '{"status":1}', "delivered", 0, "", ""),
    ("ok, byte order mark", 200, {}, "\ufeff" + accepted(), "delivered", 0, "", "request r"),
    ("unreached", 200, {}, accepted(info=NO_DEVICE), "delivered", 0, "unreached", NO_DEVICE + " (request r)"),
    ("info", 200, {}, accepted(info="trial ends soon"), "delivered", 0, "info", "trial ends soon"),
    ("warnings", 200, {}, accepted(warnings=["a", "b"]), "delivered", 0, "info", "a; b"),
    ("warnings as object", 200, {}, accepted(warnings={"ttl": "ignored"}), "delivered", 0, "info", "ttl ignored"),
    ("empty info", 200, {}, accepted(info="", warnings=[]), "delivered", 0, "", "request r"),
    ("200 refused", 200, {}, own("a", "b"), "refused", 0, "", "a; b (request r)"),
    ("200 true", 200, {}, '{"status":true,"request":"r"}', "unknown", 0, "gateway", GATEWAYS),
    ("200 decimal", 200, {}, '{"status":1.0,"request":"r"}', "unknown", 0, "gateway", GATEWAYS),
    ("200 word", 200, {}, '{"status":"1","request":"r"}', "unknown", 0, "gateway", GATEWAYS),
    ("200 false", 200, {}, '{"status":false,"errors":["no session"]}', "unknown", 0, "gateway", GATEWAYS),
    ("info without a text", 200, {}, accepted(info=True, warnings=[None]), "delivered", 0, "", "request r"),
    ("200 status 2", 200, {}, '{"status":2,"request":"r"}', "unknown", 0, "gateway", "HTTP 200"),
    ("200 bare status 0", 200, {}, '{"status":0}', "unknown", 0, "gateway", "HTTP 200"),
    ("200 HTML", 200, {"server": "nginx"}, HTML, "unknown", 0, "gateway", "HTTP 200 from nginx, " + GATEWAYS),
    ("200 list", 200, {}, "[1]", "unknown", 0, "gateway", GATEWAYS),
    ("200 empty", 200, {}, "", "unknown", 0, "gateway", GATEWAYS),
    ("200 number", 200, {}, "1", "unknown", 0, "gateway", GATEWAYS),
    ("200 cut off", 200, {}, '{"status":1,"requ', "unknown", 0, "gateway", GATEWAYS),
    ("200 not UTF-8", 200, {}, b"\xff\xfe", "unknown", 0, "gateway", GATEWAYS),
    # 1xx and other 2xx: "any non-200 status is an error", but it may have been executed
    ("102 refused", 102, {}, OWN, "unknown", 0, "gateway", ""),
    ("103", 103, {}, "", "unknown", 0, "gateway", ""),
    ("201 status 1", 201, {}, accepted(), "unknown", 0, "server", "contradict"),
    ("202 HTML", 202, {}, HTML, "unknown", 0, "gateway", ""),
    ("202 refused", 202, {}, OWN, "refused", 0, "", "out of order"),
    ("204", 204, {}, "", "unknown", 0, "gateway", ""),
    # Redirects: nothing is executed, the server names another address
    ("301", 301, {"location": "https://x.test/"}, HTML, "unsent", 0, "redirect", "a redirect to https://x.test/"),
    ("302 of a portal", 302, {"location": "http://login.test/"}, "", "unsent", 0, "redirect", "login.test"),
    ("302 with secrets", 302, {"location": "http://me:pw@p.test/x?token=t"}, "", "unsent", 0, "redirect", "//p.test/x"),
    ("302 without scheme", 302, {"location": "//me:p@w@p.test/x#t"}, "", "unsent", 0, "redirect", "to //p.test/x"),
    ("302 relative", 302, {"location": "/login"}, "", "unsent", 0, "redirect", "a redirect to /login"),
    ("302 status 1", 302, {}, accepted(), "unknown", 0, "server", "contradict"),
    ("307", 307, {}, OWN, "unsent", 0, "redirect", ""),
    ("308", 308, {}, "", "unsent", 0, "redirect", "nowhere"),
    # Pushover's own refusals: what they name
    ("token", 400, {}, own("application token is invalid", token="invalid"), "refused", 0, "token", "invalid (req"),
    ("token in words", 400, {}, own("application token is invalid"), "refused", 0, "token", ""),
    ("user", 400, {}, own(GROUP, user="invalid"), "refused", 0, "user", GROUP),
    ("user in words", 400, {}, own("user key is invalid"), "refused", 0, "user", ""),
    ("user in other words", 400, {}, own("user is not valid"), "refused", 0, "user", ""),
    ("user as list", 400, {}, own("no", user=["is invalid"]), "refused", 0, "user", "no (req"),
    ("user in errors", 400, {}, own(errors={"user": ["is unknown"]}), "refused", 0, "user", "user is unknown"),
    ("token in errors", 400, {}, own(errors={"token": "was deleted"}), "refused", 0, "token", "token was deleted"),
    ("user without fault", 400, {}, own("the user has no licence"), "refused", 0, "", "licence"),
    ("errors in errors", 400, {}, own(errors=nested(200)), "refused", 0, "", "a a a"),
    ("both keys", 400, {}, own("a", token="invalid", user="invalid"), "refused", 0, "token user", ""),
    ("device", 400, {}, WRONG_DEVICE, "refused", 0, "device", "device name is not valid for user"),
    ("no device", 400, {}, own("user has no active devices", user="invalid"), "refused", 0, "device", ""),
    ("widget", 400, {}, own("no devices with a widget found"), "refused", 0, "widget", ""),
    ("licence", 400, {}, own("your license has expired"), "refused", 0, "", "license"),
    ("value", 400, {}, own("count is too large", count="invalid"), "refused", 0, "count", "count is too large"),
    ("value in words", 400, {}, own("percent must be 0 to 100"), "refused", 0, "percent", ""),
    ("two values", 400, {}, own("title is too long", "count is bad"), "refused", 0, "title count", ""),
    ("message", 400, {}, own("message cannot be blank", message="cannot be blank"), "refused", 0, "message", ""),
    ("names nothing", 400, {}, OWN, "refused", 0, "", "out of order (request r)"),
    ("errors as object", 400, {}, own(errors={"count": ["is bad"]}), "refused", 0, "count", "count is bad"),
    ("errors as text", 400, {}, own(errors="user key is invalid"), "refused", 0, "user", "user key is invalid"),
    ("errors as others", 400, {}, own(1, None, {"a": 2}), "refused", 0, "", "1; a 2 (req"),
    ("errors empty", 400, {}, own(errors=[]), "refused", 0, "", "HTTP 400"),
    ("only an id", 400, {}, own(), "refused", 0, "", "HTTP 400 (request r)"),
    ("400, byte order mark", 400, {}, "\ufeff" + OWN, "refused", 0, "", "out of order"),
    ("401 own", 401, {}, OWN, "refused", 0, "", ""),
    ("404 own", 404, {}, OWN, "refused", 0, "", ""),
    ("413 own", 413, {}, OWN, "refused", 0, "", ""),
    # 4xx of a server in between
    ("400 empty", 400, {}, "", "unknown", 0, "gateway", "HTTP 400 from a server in between"),
    ("400 HTML", 400, {}, HTML, "unknown", 0, "gateway", ""),
    ("400 list", 400, {}, '["errors"]', "unknown", 0, "gateway", ""),
    ("400 bare status 0", 400, {}, '{"status":0}', "unknown", 0, "gateway", ""),
    ("400 false", 400, {}, '{"status":false,"errors":["denied"]}', "unknown", 0, "gateway", ""),
    ("400 foreign JSON", 400, {}, '{"message":"Bad Request","status":400}', "unknown", 0, "gateway", ""),
    ("400 without status", 400, {}, '{"errors":["a"]}', "unknown", 0, "gateway", ""),
    ("400 status 1", 400, {}, accepted(), "unknown", 0, "server", "contradict"),
    ("403", 403, {"server": "cloudflare"}, HTML, "unknown", 0, "gateway", "HTTP 403 from cloudflare"),
    ("404", 404, {}, HTML, "unknown", 0, "gateway", ""),
    ("407", 407, {}, HTML, "unsent", 0, "proxy", "HTTP 407"),
    ("408", 408, {"retry-after": "30"}, HTML, "unknown", 30_000, "gateway", ""),
    ("413", 413, {}, HTML, "unknown", 0, "gateway", ""),
    # 429: a burst, unless a quota says so
    ("429 HTML", 429, {"server": "nginx"}, HTML, "throttled", 0, "burst", "HTTP 429 from nginx"),
    ("429 empty", 429, {}, "", "throttled", 0, "burst", ""),
    ("429 own", 429, {}, OWN, "throttled", 0, "burst", "out of order"),
    ("429 rate", 429, {}, own("rate limit: too many requests"), "throttled", 0, "burst", ""),
    ("429 wait", 429, {"retry-after": "2"}, HTML, "throttled", 2000, "burst", ""),
    ("429 wait 7.5", 429, {"retry-after": "7.5"}, "", "throttled", 8000, "burst", ""),
    ("429 wait 7.x", 429, {"retry-after": "7.x"}, "", "throttled", 0, "burst", ""),
    ("429 wait until", 429, DATE | {"retry-after": LATER}, "", "throttled", 90_000, "burst", ""),
    ("429 waited already", 429, DATE | {"retry-after": EARLIER}, "", "throttled", 0, "burst", ""),
    ("429 wait without Date", 429, {"retry-after": LATER}, "", "throttled", 0, "burst", ""),
    ("429 wait for nonsense", 429, DATE | {"retry-after": "soon"}, "", "throttled", 0, "burst", ""),
    ("429 negative wait", 429, {"retry-after": "-5"}, "", "throttled", 0, "burst", ""),
    ("429 wait a year", 429, {"retry-after": "31536000"}, "", "throttled", 6 * HOUR, "burst", ""),
    ("429 wait for ever", 429, {"retry-after": "9" * 40}, "", "throttled", 0, "burst", ""),
    ("429 reset", 429, limit("", IN_AN_HOUR), OWN, "throttled", HOUR, "quota", ""),
    ("429 none left", 429, limit("0", IN_AN_HOUR), HTML, "throttled", HOUR, "quota", ""),
    ("429 some left", 429, limit("7320", IN_AN_HOUR), HTML, "throttled", 0, "burst", ""),
    ("429 reset past", 429, limit("0", PAST), OWN, "throttled", 0, "burst", ""),
    ("429 reset without Date", 429, {"x-limit-app-reset": IN_AN_HOUR}, "", "throttled", 0, "burst", ""),
    ("429 reset nonsense", 429, limit("0", "soon"), "", "throttled", 0, "burst", ""),
    ("429 foreign digits", 429, limit("0", "\u0661" * 10), "", "throttled", 0, "burst", ""),
    ("429 reset too long", 429, limit("0", "9" * 13), "", "throttled", 0, "burst", ""),
    ("429 quota in words", 429, {}, own("application message limit reached"), "throttled", 0, "quota", "limit reached"),
    ("429 words, reset past", 429, limit("0", PAST), own("over the monthly quota"), "throttled", 0, "burst", ""),
    ("429 status 1", 429, {}, accepted(), "unknown", 0, "server", "contradict"),
    ("400 quota", 400, {}, OLD_QUOTA, "throttled", 0, "quota", "7500 messages"),
    # 5xx: it may have been executed
    ("500 HTML", 500, {}, HTML, "unknown", 0, "server", "HTTP 500"),
    ("500 own", 500, {}, OWN, "unknown", 0, "server", ""),
    ("500 status 1", 500, {}, accepted(), "unknown", 0, "server", "contradict"),
    ("502", 502, {"server": "nginx"}, HTML, "unknown", 0, "server", "HTTP 502 from nginx"),
    ("503", 503, {"retry-after": "120"}, "", "unknown", 120_000, "server", ""),
    ("504", 504, {}, "", "unknown", 0, "server", ""),
    ("511", 511, {}, HTML, "unsent", 0, "proxy", ""),
    ("599", 599, {}, "", "unknown", 0, "server", ""),
]
