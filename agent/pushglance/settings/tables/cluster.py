"""The table that makes this one of several hubs: where they keep what they must know together."""

import re
import socket
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from pushglance.settings.errors.issues import ValueProblem
from pushglance.settings.values.durations import Duration, DurationRange
from pushglance.settings.values.names import FilePath
from pushglance.settings.values.scalars import reject_bool
from pushglance.settings.values.secrets import PlainSecret

from .table import Table

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def _store_url(written: str) -> str:
    """Return the address of a store; who logs in is said by keys of their own. Raises Mistake."""
    try:
        url = urlsplit(written)
        is_complete = bool(url.path if url.scheme == "unix" else url.hostname) and url.port != 0
    except ValueError:
        is_complete = False
    if not is_complete or url.scheme not in ("redis", "rediss", "unix") or url.query or url.fragment:
        raise ValueProblem(
            "a store is named by redis://HOST:PORT, rediss://HOST:PORT (TLS) or, on this computer, unix:///PATH",
            '"rediss://store.example:6379"',
        )
    if "@" in url.netloc:
        raise ValueProblem("the user and the password stand in username and password, not in the address")
    return written


def _hub_name(written: str) -> str:
    if not _NAME.fullmatch(written):
        raise ValueProblem('a hub\'s name is 1 to 63 of A-Z, a-z, 0-9, ".", "_" and "-"', '"hub-1"')
    return written


class Cluster(Table):
    """Share the watches of this file with other hubs by a Redis or Valkey; without that store nothing is pushed."""

    url: Annotated[str, AfterValidator(_store_url)] = Field(
        examples=["rediss://store.example:6379"],
        description="The store that all hubs of these watches share: redis://, rediss:// (TLS) or unix://.",
    )
    username: str | None = Field(default=None, min_length=1, description="The name to log in with; left out: none.")
    password: PlainSecret | None = Field(
        default=None,
        description="The password to log in with. Better as PUSHGLANCE_CLUSTER__PASSWORD, as the systemd credential "
        "cluster_password or in password_file.",
    )
    password_file: FilePath | None = Field(default=None, description="A file that holds the password and nothing else.")
    hub: Annotated[str, AfterValidator(_hub_name)] | None = Field(
        default=None, examples=["hub-1"], description="What people call this hub; left out: this computer's name."
    )
    lease: Annotated[Duration, DurationRange("2s", "5min")] = Field(
        default=Duration(15_000, "15s"),
        description="After how long without a sign of life another hub takes over, 2s to 5min.",
    )
    trust: Literal["checked", "always"] = Field(
        default="checked",
        description="checked: the store is used once it says that it keeps each push before it answers (appendonly "
        "yes, appendfsync always) and drops none. always: you vouch for it, e.g. one that hides its configuration.",
    )
    replicas: Annotated[int, Field(ge=0, le=5), BeforeValidator(reject_bool)] = Field(
        default=0,
        description="How many replicas must hold a push before it leaves, 0 to 5: all of those that may take over.",
    )
    ca_file: FilePath | None = Field(default=None, description="Certificates (PEM) to trust instead of the system's.")


def hub_name(cluster: Cluster) -> str:
    """Return the hub's name: as written, else this computer's."""
    host = re.sub(r"[^A-Za-z0-9._-]+", "-", socket.gethostname()).strip("-._")
    return cluster.hub or host[:63] or "hub"
