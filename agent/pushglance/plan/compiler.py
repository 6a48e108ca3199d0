"""Compile Settings to the Plan. Nothing is checked here, because loaded settings are valid."""

import re
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from pushglance.core.plan_types import PLAN_VERSION
from pushglance.proxy_url import has_login, without_login
from pushglance.settings import Settings
from pushglance.settings.resolved_watches import resolve_watches
from pushglance.settings.tables.cluster import Cluster, hub_name
from pushglance.settings.tables.node import DEFAULT_PREFIX, node_name
from pushglance.settings.tables.services import Mqtt
from pushglance.settings.values.proxies import NONE, environment_proxy
from pushglance.settings.values.secrets import Secret

from .messages import plan_messages
from .node import plan_node
from .page import plan_page
from .sensors import plan_sensor
from .watches import plan_watch

if TYPE_CHECKING:
    from pushglance.core.plan_types import ClusterPlan, MqttPlan, Plan, PushoverPlan, SecretsPlan, SensorPlan

PORT = 1883
PORT_WITH_TLS = 8883
_CLIENT_ID_CHARACTERS = 64  # all known brokers accept this length; the standard guarantees only 23


def compile_plan(settings: Settings) -> "Plan":
    """Return the Plan: JSON of ints and strings, secrets included. A simulation has no pins and no broker."""
    assert settings.pushover.token is not None or settings.is_publish_only, (
        "loaded settings have a token, unless they only publish"
    )
    secrets = _plan_secrets(settings, lambda secret: secret.get_secret_value())
    prefix = settings.node.prefix if settings.node else DEFAULT_PREFIX
    plan: Plan = {
        "version": PLAN_VERSION,
        "sensors": _plan_sensors(settings, prefix),
        "watches": [plan_watch(watch, secrets["token"], settings.pushover.url) for watch in resolve_watches(settings)],
        "messages": plan_messages(settings),
        "pushover": _plan_pushover(settings),
        "mqtt": _plan_mqtt(settings) if settings.mqtt and not settings.simulation else None,
        "node": plan_node(settings),
        "gpio": {"factory": "mock" if settings.simulation else settings.gpio.factory},
        "clock": settings.clock.trust,
        "hand": settings.simulation.hand if settings.simulation else "",
        "secrets": secrets,
    }
    if settings.log.level != "info":
        plan["log_level"] = settings.log.level
    if page := plan_page(settings):
        plan["page"] = page
    if settings.cluster:
        plan["cluster"] = _plan_cluster(settings.cluster)
    return plan


def secret_origins(settings: Settings) -> "SecretsPlan":
    """Return the secrets of the Plan, each replaced by its origin, e.g. "systemd credential pushover_token"."""
    return _plan_secrets(settings, lambda secret: secret.origin)


def _plan_secrets(settings: Settings, read: Callable[[Secret], str]) -> "SecretsPlan":
    """Return the result of `read` for each secret, "" for a missing one."""

    def read_any(secret: Secret | None) -> str:
        return read(secret) if secret else ""

    users = {watch.name: read_any(watch.user) for watch in resolve_watches(settings)}
    messages = plan_messages(settings)
    if messages is not None:
        users[messages["name"]] = read_any(settings.pushover.user)
    secrets: SecretsPlan = {
        "token": read_any(settings.pushover.token),
        "users": users,
        "mqtt_password": read_any(settings.mqtt.password if settings.mqtt and not settings.simulation else None),
    }
    proxy = pushover_proxy(settings)
    if proxy is not None and has_login(proxy.get_secret_value()):
        secrets["proxy"] = read(proxy)
    if settings.cluster:
        secrets["cluster_password"] = read_any(settings.cluster.password)
    return secrets


def client_id(settings: Settings) -> str:
    """Return the MQTT client id: as written, else "pushglance-" and the name of the node or computer."""
    if settings.mqtt and settings.mqtt.client_id:
        return settings.mqtt.client_id
    if settings.node:
        return f"pushglance-{node_name(settings.node)}"
    host = re.sub(r"[^A-Za-z0-9-]+", "-", socket.gethostname()).strip("-")
    return f"pushglance-{host or 'agent'}"[:_CLIENT_ID_CHARACTERS]


def mqtt_port(mqtt: Mqtt) -> int:
    """Return the port of the broker: as written, else 1883, or 8883 with TLS."""
    return mqtt.port or (PORT_WITH_TLS if mqtt.tls else PORT)


def pushover_proxy(settings: Settings) -> Secret | None:
    """Return the proxy of the settings, else the environment's; None without one."""
    written = settings.pushover.proxy
    if written is None:
        return environment_proxy(settings.pushover.url)
    return None if written.get_secret_value() == NONE else written


def _plan_sensors(settings: Settings, prefix: str) -> "list[SensorPlan]":
    references = [
        reference
        for watch in resolve_watches(settings)
        for _, template in watch.glance.templates()
        for reference in template.references()
    ]
    plans = [plan_sensor(name, sensor, prefix) for name, sensor in settings.sensors.items()]
    for plan in plans:
        if (plan["name"], "age") in references:
            plan["age"] = 1
    return plans


def _plan_pushover(settings: Settings) -> "PushoverPlan":
    pushover = settings.pushover
    proxy = pushover_proxy(settings)
    plan: PushoverPlan = {
        "url": pushover.url,
        "connect_ms": pushover.connect_timeout.ms,
        "read_ms": pushover.read_timeout.ms,
        "ca_file": pushover.ca_file or "",
    }
    if proxy is not None:
        plan["proxy"] = without_login(proxy.get_secret_value())
    return plan


def _plan_cluster(cluster: Cluster) -> "ClusterPlan":
    return {
        "url": cluster.url,
        "username": cluster.username or "",
        "hub": hub_name(cluster),
        "lease_ms": cluster.lease.ms,
        "trust": cluster.trust,
        "replicas": cluster.replicas,
        "ca_file": cluster.ca_file or "",
    }


def _plan_mqtt(settings: Settings) -> "MqttPlan":
    mqtt = settings.mqtt
    assert mqtt is not None
    return {
        "host": mqtt.host,
        "port": mqtt_port(mqtt),
        "version": mqtt.version,
        "username": mqtt.username or "",
        "client_id": client_id(settings),
        "keepalive_s": mqtt.keepalive.ms // 1000,
        "outage_ms": mqtt.unknown_after.ms,
        "tls": int(mqtt.tls),
        "ca_file": mqtt.ca_file or "",
        "cert_file": mqtt.cert_file or "",
        "key_file": mqtt.key_file or "",
    }
