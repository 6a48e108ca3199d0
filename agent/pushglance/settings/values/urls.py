"""Base URLs of HTTP services: https, or http on this computer only."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from pushglance.hosts import is_loopback
from pushglance.settings.errors.issues import ValueProblem


def _check_base_url(written: str) -> str:
    problem = ValueProblem(
        "a base URL begins with https:// and has no user, query or fragment; http:// is allowed only for this "
        "computer, e.g. a sandbox at http://127.0.0.1:8080"
    )
    try:
        url = urlsplit(written)
        is_complete = bool(url.hostname) and url.port != 0
    except ValueError:
        raise problem from None
    is_allowed = url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname or ""))
    if not (is_complete and is_allowed) or "@" in written or url.query or url.fragment or re.search(r"\s", written):
        raise problem
    return written.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_check_base_url)]
