"""The overview that `pushglance check` prints: aligned plain text."""

from collections.abc import Iterable, Iterator

from pushglance.core.push.glance import NUMBER_FIELDS, TEXT_LENGTH_MAX
from pushglance.proxy_url import has_login, without_login
from pushglance.settings import Settings
from pushglance.settings.board_catalog import RASPBERRY_PI, board_pins
from pushglance.settings.errors.issues import listed
from pushglance.settings.resolved_watches import ResolvedWatch, resolve_watches
from pushglance.settings.tables.cluster import hub_name
from pushglance.settings.tables.node import node_name
from pushglance.settings.tables.sensors import SensorKeys, source_of
from pushglance.settings.template_lengths import max_length
from pushglance.settings.values.secrets import Secret

from .compiler import client_id, mqtt_port, pushover_proxy
from .messages import plan_messages
from .overview_drawing import drawing, wrapped
from .plan_warnings import plan_warnings

Row = tuple[str, ...]


def overview(settings: Settings, width: int = 0) -> Iterator[str]:
    """Yield the lines that show what pushglance will do. Secrets appear only by their length and origin.

    `width` is that of the terminal, into which the last column is wrapped; 0 if there is none.
    """
    for title, rows in _blocks(settings):
        yield from _block(title, rows, width)
    for watch in resolve_watches(settings):
        yield from _block(f"Watch {watch.name}", _watch_rows(watch, settings), width)
        yield from drawing(watch, settings, width)
    yield from _block("Messages", _messages_rows(settings), width)
    yield from _block("Warnings", [(warning,) for warning in plan_warnings(settings)], width)


def _blocks(settings: Settings) -> Iterator[tuple[str, Iterable[Row]]]:
    """Yield the titles and rows before those of the watches."""
    if not settings.is_publish_only:
        yield "Pushover", _pushover_rows(settings)
    yield "Broker", _broker_rows(settings)
    yield "Node", _node_rows(settings)
    yield "Cluster", _cluster_rows(settings)
    factory = "mock (simulation)" if settings.simulation else settings.gpio.factory
    yield "Board", _board_rows(settings)
    yield "Pins and clock", [("pin factory", factory), ("clock", settings.clock.trust)]
    yield "Sensors", (_sensor_row(name, sensor) for name, sensor in settings.sensors.items())


def _block(title: str, rows: Iterable[Row], width: int) -> Iterator[str]:
    """Yield a title and its rows with aligned columns; nothing if there are no rows."""
    table = list(rows)
    if not table:
        return
    columns = max(len(row) for row in table) - 1  # without the last one, which needs no width
    widths = [max(len(row[column]) for row in table if column < len(row) - 1) for column in range(columns)]
    yield title
    for row in table:
        start = "  " + "".join(f"{cell:<{space}}  " for cell, space in zip(row[:-1], widths, strict=False))
        yield from wrapped(start, row[-1], width)
    yield ""


def _cluster_rows(settings: Settings) -> Iterator[Row]:
    cluster = settings.cluster
    if cluster is None:
        return
    yield "store", cluster.url
    yield "username", cluster.username or "none"
    yield "password", _secret(cluster.password)
    yield "this hub", f"{hub_name(cluster)}, lease {cluster.lease}"
    yield "durability", f"{cluster.trust}, {cluster.replicas} replicas"


def _pushover_rows(settings: Settings) -> Iterator[Row]:
    pushover = settings.pushover
    yield "url", pushover.url
    yield "token", _secret(pushover.token)
    if pushover.user is not None:
        yield "user", _secret(pushover.user)
    yield "timeouts", f"connect {pushover.connect_timeout}, read {pushover.read_timeout}"
    if pushover.ca_file:
        yield "certificates", pushover.ca_file
    if (proxy := pushover_proxy(settings)) is not None:
        login = ", with a login" if has_login(proxy.get_secret_value()) else ""
        yield "proxy", f"{without_login(proxy.get_secret_value())}{login}, from {proxy.origin}"


def _secret(secret: Secret | None) -> str:
    if secret is None:
        return "none"
    if not secret.origin:  # a placeholder
        return "not read yet"
    return f"{len(secret.get_secret_value())} characters, from {secret.origin}"


def _broker_rows(settings: Settings) -> Iterator[Row]:
    mqtt = settings.mqtt
    if mqtt is None or settings.simulation:
        yield ("none",)
        return
    tls = ", TLS" if mqtt.tls else ""
    version = "5 or 3.1.1" if mqtt.version == "auto" else mqtt.version
    yield "address", f"{mqtt.host}:{mqtt_port(mqtt)}, MQTT {version}{tls}, keepalive {mqtt.keepalive}"
    yield "client id", client_id(settings)
    yield "username", mqtt.username or "none"
    yield "password", _secret(mqtt.password)
    for key in ("ca_file", "cert_file", "key_file"):
        if getattr(mqtt, key):
            yield key, getattr(mqtt, key)


def _board_rows(settings: Settings) -> Iterator[Row]:
    board = settings.board
    if board.kind == RASPBERRY_PI:
        return
    yield "kind", f"{board_pins(board.kind).title} ({board.kind})"
    yield "WiFi", board.ssid or ""
    yield "WiFi password", _secret(board.password)
    yield "time", f"from {board.ntp}, zone {board.zone or 'of this computer'}"


def _node_rows(settings: Settings) -> Iterator[Row]:
    node = settings.node
    if node is None or settings.simulation:
        return
    root = f"{node.prefix}/{node_name(node)}"
    note = "; nothing is pushed" if settings.is_publish_only else ""
    yield "publishes", f"{root}/sensor/... and {root}/status{note}"
    yield "accepts", (f"{listed(node.commands, 'and')} under {root}/command" if node.commands else "no commands")
    announced = f"announced under {node.discovery_prefix}" if node.discovery else "not announced"
    yield "Home Assistant", announced


def _sensor_row(name: str, sensor: SensorKeys) -> Row:
    source = source_of(sensor)
    parts = [*sensor.overview(source.default_settle_ms), *source.overview(sensor)]
    if sensor.urgent:
        parts.append("urgent")
    parts.append(f"weight {sensor.effective_weight():f}{sensor.significant_change_text()}")
    return name, sensor.kind, source.title(sensor), ", ".join(parts)


def _messages_rows(settings: Settings) -> Iterator[Row]:
    plan = plan_messages(settings)
    if plan is not None:
        yield "to", settings.messages.device or "every device of the user"
        yield "limit", f"{plan['pushes']} in any 24 hours, not counted in the budget of watches"
    for rule in plan["left_open"] if plan is not None else ():
        yield rule["sensor"], f'"{rule["message"]}", then "{rule["closed"]}"'


def _watch_rows(watch: ResolvedWatch, settings: Settings) -> Iterator[Row]:
    yield "device", watch.device or "every device of the user"
    if watch.user is not settings.pushover.user:
        yield "user", _secret(watch.user)
    window = f"each day from {watch.resets_at}" if watch.resets_at else "any 24 hours"
    yield "budget", f"{watch.pushes} pushes in {window}, {watch.spacing} apart unless urgent, paced by {watch.pacing}"
    for field, template in watch.glance.templates():
        size = f"up to {max_length(template, settings)} of {TEXT_LENGTH_MAX} characters"
        yield (field, f'"{template}"', "" if field in NUMBER_FIELDS else size)
