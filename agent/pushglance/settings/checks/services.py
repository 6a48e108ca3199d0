"""Checks around Pushover and the broker: what is missing, and what does not go together."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pushglance.settings.errors.issues import (
    ENV_PREFIX,
    Place,
    SettingIssue,
    ValueProblem,
    complain,
    env_name,
    listed,
    shown_path,
)
from pushglance.settings.loading.partial_load import is_broken
from pushglance.settings.tables.sensors import needs_broker
from pushglance.settings.tables.watches import shown_watches

if TYPE_CHECKING:
    from pushglance.settings.model import Settings


def check_environment_names(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about PUSHGLANCE_PUSHOVER_TOKEN, which looks like a setting and would say nothing."""
    for name in sorted(os.environ):
        key = name.removeprefix(ENV_PREFIX).lower()
        home = next((part for part in type(settings).model_fields if key.startswith(f"{part}_")), "")
        if name.startswith(ENV_PREFIX) and home and not key.startswith(f"{home}__"):
            meant = env_name((home, key.removeprefix(f"{home}_")))
            yield SettingIssue((), f"{name}: a section and its key are joined by two underscores; write {meant}=...")


def check_keys_present(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain if the token, or the user of some watch, is nowhere."""
    if settings.only_publishes:
        return
    token, user = ("pushover", "token"), ("pushover", "user")
    if settings.pushover.token is None and not is_broken(broken, token):
        yield SettingIssue(token, _where_to_put("token"))
    needs_user = not settings.watches or any(watch.user is None for watch in shown_watches(settings))
    own = [("watches", name, "user") for name in settings.watches]
    if settings.pushover.user is None and needs_user and not is_broken(broken, user, *own):
        yield SettingIssue(user, _where_to_put("user"))


def _where_to_put(key: str) -> str:
    return (
        f'missing; set {env_name(("pushover", key))}, or write {key}_file = "/path/to/a/file" in [pushover], or give '
        f"systemd the credential pushover_{key}"
    )


def check_broker_present(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain if sensors have topics but there is no broker, and no simulation that would move them."""
    topics = [name for name, sensor in settings.sensors.items() if needs_broker(sensor)]
    if topics and settings.mqtt is None and settings.simulation is None and not is_broken(broken, ("mqtt",)):
        yield SettingIssue(
            ("mqtt",), f'missing, but {_come(topics)} by topic; write [mqtt] and host = "localhost" below it'
        )


def _come(names: list[str]) -> str:
    return f"{listed(names, 'and')} {'comes' if len(names) == 1 else 'come'}"


def check_broker_complete(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about halves: a password without a name, a certificate without its key, files without tls."""
    mqtt = settings.mqtt
    if mqtt is None:
        return
    if mqtt.keepalive.ms % 1000:
        seconds = ValueProblem(f'"{mqtt.keepalive}" is no whole number of seconds', f'"{mqtt.keepalive.ms // 1000}s"')
        yield complain(("mqtt", "keepalive"), seconds)
    if mqtt.password and not mqtt.username and mqtt.version != "5" and not is_broken(broken, ("mqtt", "username")):
        yield complain(("mqtt", "username"), ValueProblem("missing, but a password is given", '"NAME"'))
    for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if getattr(mqtt, one) and not getattr(mqtt, other) and not is_broken(broken, ("mqtt", other)):
            yield complain(("mqtt", other), ValueProblem(f"missing, but {one} is given", '"/path/to/a/file"'))
    files = [key for key in ("ca_file", "cert_file", "key_file") if getattr(mqtt, key)]
    if files and not mqtt.tls and not is_broken(broken, ("mqtt", "tls")):
        yield complain(
            ("mqtt", "tls"), ValueProblem(f"{listed(files, 'and')} would not be used without encryption", "true")
        )


def check_files_readable(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about certificates that cannot be read."""
    for section in ("pushover", "mqtt", "cluster"):
        for key in ("ca_file", "cert_file", "key_file"):
            path = getattr(getattr(settings, section), key, None)
            if path is not None and not (Path(path).is_file() and os.access(path, os.R_OK)):
                yield SettingIssue(
                    (section, key), f"cannot read {shown_path(path)}; name a file that this user may read"
                )
