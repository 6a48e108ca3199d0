"""The table of a cluster: the store that several hubs share."""

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


def _check_store_url(written: str) -> str:
    """Return the address of a store, which must not contain a login. Raises ValueProblem."""
    try:
        url = urlsplit(written)
        is_complete = bool(url.path if url.scheme == "unix" else url.hostname) and url.port != 0
    except ValueError:
        is_complete = False
    if not is_complete or url.scheme not in ("redis", "rediss", "unix") or url.query or url.fragment:
        raise ValueProblem(
            "the address of a store is redis://HOST:PORT, rediss://HOST:PORT (TLS) or, on this computer, unix:///PATH",
            '"rediss://store.example:6379"',
        )
    if "@" in written:
        raise ValueProblem("write the user and the password into username and password, not into the address")
    return written


def _check_hub_name(written: str) -> str:
    if not _NAME.fullmatch(written):
        raise ValueProblem('the name of a hub is 1 to 63 of A-Z, a-z, 0-9, ".", "_" and "-"', '"hub-1"')
    return written


class Cluster(Table):
    """Share the watches of this file with other hubs through Redis or Valkey. Without that store nothing is pushed."""

    url: Annotated[str, AfterValidator(_check_store_url)] = Field(
        examples=["rediss://store.example:6379"],
        description="The store that all hubs of these watches share: redis://, rediss:// (TLS) or unix://.",
    )
    username: str | None = Field(default=None, min_length=1, description="The name to log in with; left out: none.")
    password: PlainSecret | None = Field(
        default=None,
        description="The password to log in with. It is safer in PUSHGLANCE_CLUSTER__PASSWORD, in the systemd "
        "credential cluster_password or in password_file.",
    )
    password_file: FilePath | None = Field(default=None, description="A file with nothing but the password.")
    hub: Annotated[str, AfterValidator(_check_hub_name)] | None = Field(
        default=None,
        examples=["hub-1"],
        description="The name of this hub in messages; left out: this computer's name.",
    )
    lease: Annotated[Duration, DurationRange("2s", "5min")] = Field(
        default=Duration(15_000, "15s"),
        description="The silence of this hub after which another hub takes over, 2s to 5min.",
    )
    trust: Literal["checked", "always"] = Field(
        default="checked",
        description="checked: the store is used only if its configuration saves each write before it answers "
        "(appendonly yes, appendfsync always) and evicts nothing. always: use it without the check, e.g. if it hides "
        "its configuration.",
    )
    replicas: Annotated[int, Field(ge=0, le=5), BeforeValidator(reject_bool)] = Field(
        default=0,
        description="How many replicas must confirm a push before it is sent, 0 to 5: write the number of replicas "
        "that may take over.",
    )
    ca_file: FilePath | None = Field(default=None, description="Certificates (PEM) to trust instead of the system's.")


def hub_name(cluster: Cluster) -> str:
    """Return the name of the hub: as written, else this computer's name."""
    host = re.sub(r"[^A-Za-z0-9._-]+", "-", socket.gethostname()).strip("-._")
    return cluster.hub or host[:63] or "hub"
