"""Causes: why a push ended as it did, and what a refusal names. Boards load this only when a push has failed.

A refusal names one or more of the first four, or parameters of the request such as "count", separated by spaces.
"""

TOKEN = "token"  # noqa: S105 - the name of a parameter
USER = "user"
DEVICE = "device"
WIDGET = "widget"
QUOTA = "quota"  # throttled until the quota of the month is reset
BURST = "burst"  # throttled for seconds to minutes
INFO = "info"  # delivered, with a remark of Pushover
UNREACHED = "unreached"  # delivered, and Pushover remarks that no device gets it
DNS = "dns"  # unsent: the name could not be resolved
CONNECT = "connect"  # unsent: no connection, or the network ended it
TLS = "tls"  # unsent: no encryption, or the server could not be verified
PROXY = "proxy"  # unsent: a proxy refused, or a network wants a login
REDIRECT = "redirect"  # unsent: another address was named
TIMEOUT = "timeout"  # unknown: no answer in time
BROKEN = "broken"  # unknown: the connection ended before a whole answer
GATEWAY = "gateway"  # unknown: an answer that is not in Pushover's words
SERVER = "server"  # unknown: 5xx, or an answer that contradicts itself
