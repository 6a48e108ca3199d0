"""Checks of Pushover and the broker: missing keys, and keys that do not fit together."""

import os
from collections.abc import Iterator
from pathlib import Path

from pushglance.settings.errors.issues import (
    ENV_PREFIX,
    Place,
    SettingIssue,
    env_name,
    is_broken,
    issue_at,
    listed,
    shown_path,
)
from pushglance.settings.model import Settings
from pushglance.settings.resolved_watches import resolve_watches
from pushglance.settings.tables.sensors import needs_broker


def check_environment_names(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report variables like PUSHGLANCE_PUSHOVER_TOKEN, which have one underscore too few and no effect."""
    for name in sorted(os.environ):
        key = name.removeprefix(ENV_PREFIX).lower()
        table = next((part for part in type(settings).model_fields if key.startswith(f"{part}_")), "")
        if name.startswith(ENV_PREFIX) and table and not key.startswith(f"{table}__"):
            suggestion = env_name((table, key.removeprefix(f"{table}_")))
            problem = f"{name}: a section and its key are joined by two underscores; write {suggestion}=..."
            yield SettingIssue((), problem)


def check_keys_present(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a missing token, and a missing user key of any watch."""
    if settings.is_publish_only:
        return
    token, user = ("pushover", "token"), ("pushover", "user")
    if settings.pushover.token is None and not is_broken(broken, token):
        yield SettingIssue(token, _missing_key(token))
    needs_user = not settings.watches or any(watch.user is None for watch in resolve_watches(settings))
    own = [("watches", name, "user") for name in settings.watches]
    if settings.pushover.user is None and needs_user and not is_broken(broken, user, *own):
        yield SettingIssue(user, _missing_key(user))


def _missing_key(place: Place) -> str:
    key = place[-1]
    return (
        f'missing; set {env_name(place)}, or write {key}_file = "/path/to/a/file" in [pushover], or give '
        f"systemd the credential pushover_{key}"
    )


def check_broker_present(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a missing broker if sensors need one; a simulation needs none."""
    topics = [name for name, sensor in settings.sensors.items() if needs_broker(sensor)]
    if topics and settings.mqtt is None and settings.simulation is None and not is_broken(broken, ("mqtt",)):
        need = f"{listed(topics, 'and')} {'needs' if len(topics) == 1 else 'need'}"
        yield SettingIssue(("mqtt",), f'missing, but {need} a broker; write [mqtt] and host = "localhost" below it')


def check_broker_complete(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report incomplete pairs: a password without a name, a certificate without its key, files without TLS."""
    mqtt = settings.mqtt
    if mqtt is None:
        return
    if mqtt.keepalive.ms % 1000:
        problem = f'"{mqtt.keepalive}" is not a whole number of seconds'
        yield issue_at(("mqtt", "keepalive"), problem, f'"{mqtt.keepalive.ms // 1000}s"')
    if mqtt.password and not mqtt.username and mqtt.version != "5" and not is_broken(broken, ("mqtt", "username")):
        yield issue_at(("mqtt", "username"), "missing, but a password is set", '"NAME"')
    for present, missing in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if getattr(mqtt, present) and not getattr(mqtt, missing) and not is_broken(broken, ("mqtt", missing)):
            yield issue_at(("mqtt", missing), f"missing, but {present} is set", '"/path/to/a/file"')
    files = [key for key in ("ca_file", "cert_file", "key_file") if getattr(mqtt, key)]
    if files and not mqtt.tls and not is_broken(broken, ("mqtt", "tls")):
        have = "has" if len(files) == 1 else "have"
        yield issue_at(("mqtt", "tls"), f"{listed(files, 'and')} {have} no effect without TLS", "true")


def check_files_readable(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report certificate files that cannot be read."""
    for section in ("pushover", "mqtt", "cluster"):
        for key in ("ca_file", "cert_file", "key_file"):
            path = getattr(getattr(settings, section), key, None)
            if path is not None and not (Path(path).is_file() and os.access(path, os.R_OK)):
                yield SettingIssue(
                    (section, key), f"cannot read {shown_path(path)}; name a file that this user may read"
                )
