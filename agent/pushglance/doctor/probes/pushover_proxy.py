"""Check the proxy through which Pushover is reached: its name, its port, and whether the service knows it."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from pushglance.doctor.check_result import OK, WARNING, WRONG, CheckResult
from pushglance.doctor.probes.network import check_path
from pushglance.doctor.probes.service_environment import PATH, is_in_service
from pushglance.proxy_url import proxy_problem, with_scheme, without_login

_VARIABLES = ("https_proxy", "all_proxy")


def check_proxy(title: str) -> Iterator[CheckResult]:
    """Yield a result for each step to the proxy; `title` is its URL without its login."""
    names = [name for name, value in os.environ.items() if name.lower() in _VARIABLES and _title(value) == title]
    origin = names[0] if names else "the settings"
    if problem := proxy_problem(title):
        hint = 'write proxy = "http://..." or proxy = "none" under [pushover]'
        yield CheckResult("proxy", WRONG, f"{title} from {origin} cannot be used: {problem}", hint)
        return
    yield CheckResult("proxy", OK, f"Pushover is reached through {title}, from {origin}")
    if names and not is_in_service():
        hint = f"write {names[0]}={title} into {PATH}, then systemctl restart pushglance"
        yield CheckResult("proxy", WARNING, f"the service does not see {names[0]} of this shell", hint)
    url = urlsplit(title)
    yield from check_path("proxy", url.hostname or "", url.port or 80, None)


def _title(value: str) -> str:
    return without_login(with_scheme(value))
