"""What was understood, in aligned plain text: the answer of `pushglance check`."""

from collections.abc import Iterable, Iterator

from pushglance.settings import Settings
from pushglance.settings.board_catalog import RASPBERRY_PI, board_pins
from pushglance.settings.checks.templates import LIMIT, longest
from pushglance.settings.errors.issues import listed
from pushglance.settings.tables.cluster import hub_name
from pushglance.settings.tables.node import own_name
from pushglance.settings.tables.sensors import Contact, Counter, Gauge, Text
from pushglance.settings.tables.watches import ShownWatch, shown_watches
from pushglance.settings.values.values import Secret

from .compiler import client_id, mqtt_port
from .messages import plan_messages
from .plan_warnings import cautions
from .sensors import active_level, open_level, quality_of_service, settle_ms, significant_change, weight

Row = tuple[str, ...]

_LEVELS = ("low", "high")


def overview(settings: Settings) -> Iterator[str]:
    """Yield the lines that tell what pushglance will do; secrets only by their length and origin."""
    if not settings.only_publishes:
        yield from _block("Pushover", _pushover_rows(settings))
    yield from _block("Broker", _broker_rows(settings))
    yield from _block("Node", _node_rows(settings))
    yield from _block("Cluster", _cluster_rows(settings))
    factory = "mock (simulation)" if settings.simulation else settings.gpio.factory
    yield from _block("Board", _board_rows(settings))
    yield from _block("Pins and clock", [("pin factory", factory), ("clock", settings.clock.trust)])
    yield from _block("Sensors", (_sensor_row(name, sensor) for name, sensor in settings.sensors.items()))
    for watch in [] if settings.only_publishes else shown_watches(settings):
        yield from _block(f"Watch {watch.name}", _watch_rows(watch, settings))
    yield from _block("Messages", _messages_rows(settings))
    yield from _block("Warnings", [(caution,) for caution in cautions(settings)])


def _block(title: str, rows: Iterable[Row]) -> Iterator[str]:
    """Yield a title and its rows, the columns aligned; nothing if there are no rows."""
    table = list(rows)
    if not table:
        return
    columns = max(len(row) for row in table)
    widths = [max(len(row[column]) for row in table if column < len(row)) for column in range(columns)]
    yield title
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        yield "  " + "  ".join(cells).rstrip()
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


def _secret(secret: Secret | None) -> str:
    if secret is None:
        return "none"
    origin = secret.origin
    return f"{len(secret.get_secret_value())} characters, from {origin}"


def _broker_rows(settings: Settings) -> Iterator[Row]:
    mqtt = settings.mqtt
    if mqtt is None or settings.simulation:
        yield ("none: no broker is connected",)
        return
    tls = ", TLS" if mqtt.tls else ""
    version = "5, or else 3.1.1" if mqtt.version == "auto" else mqtt.version
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
    root = f"{node.prefix}/{own_name(node)}"
    yield "publishes", f"{root}/sensor/... and {root}/status" + ("; nothing is pushed" * settings.only_publishes)
    yield "takes", (f"{listed(node.commands, 'and')} under {root}/command" if node.commands else "no commands")
    announced = f"announced under {node.discovery_prefix}" if node.discovery else "not announced"
    yield "Home Assistant", announced


def _sensor_row(name: str, sensor: Contact | Counter | Gauge | Text) -> Row:
    events = list(_facts_of(sensor))
    if sensor.mqtt is not None or sensor.node is not None:
        events.append(f"qos {quality_of_service(sensor)}")
    if sensor.retained != "baseline":
        events.append(f"retained is {sensor.retained}")
    if sensor.urgent:
        events.append("urgent")
    events.append(f"weight {weight(sensor):f}" + _per_scale(sensor))
    return name, sensor.kind, _source(sensor), ", ".join(events)


def _per_scale(sensor: Contact | Counter | Gauge | Text) -> str:
    if isinstance(sensor, Counter):
        return f" when {sensor.significant_change} off"
    return f" when {significant_change(sensor).normalize():f} off" if isinstance(sensor, Gauge) else ""


def _source(sensor: Contact | Counter | Gauge | Text) -> str:
    if isinstance(sensor, (Contact, Counter)) and sensor.gpio is not None:
        return f"GPIO{sensor.gpio}, pull {sensor.pull}"
    if sensor.node is not None:
        return f"node {sensor.node}" + (f", {sensor.sensor} there" if sensor.sensor else "")
    return f"topic {sensor.mqtt}" + (f", value {sensor.value}" if sensor.value else "")


def _facts_of(sensor: Contact | Counter | Gauge | Text) -> Iterator[str]:
    if isinstance(sensor, Contact):
        yield from _contact_facts(sensor)
    elif isinstance(sensor, Counter):
        if sensor.gpio is not None:
            yield f"a pulse is {_LEVELS[active_level(sensor)]}, {sensor.width} or longer"
        elif sensor.node is None:
            yield "each message is a pulse" if sensor.counts == "messages" else "the payload is a running total"
        yield f"resets {sensor.resets}"
    elif isinstance(sensor, Gauge):
        yield f"{sensor.low} to {sensor.high}, {sensor.decimals} decimals, deadband {sensor.deadband}"
    else:
        yield f"{sensor.length} characters"
    if isinstance(sensor, (Gauge, Text)):
        yield f"stale after {sensor.stale_after}" if sensor.stale_after else "never stale"


def _contact_facts(sensor: Contact) -> Iterator[str]:
    opened, closed = settle_ms(sensor)
    yield f'"{sensor.open}" or "{sensor.closed}"'
    if sensor.gpio is not None:
        yield f"open is {_LEVELS[open_level(sensor)]}"
    elif sensor.node is None:
        pair = [" ".join(sensor.open_payloads), " ".join(sensor.closed_payloads)]
        yield "open is {}, closed is {}".format(*(reversed(pair) if sensor.invert else pair))
    if sensor.left_open is not None:
        yield f"a message when open for {sensor.left_open.after}"
    yield f"settle {opened}ms" if opened == closed else f"settle open {opened}ms, closed {closed}ms"


def _messages_rows(settings: Settings) -> Iterator[Row]:
    plan = plan_messages(settings)
    if plan is not None:
        yield "to", settings.messages.device or "every device of the user"
        yield "limit", f"{plan['pushes']} in any 24 hours, beside the budget of watches"
    for rule in plan["left_open"] if plan is not None else ():
        yield rule["sensor"], f'"{rule["message"]}", then "{rule["closed"]}"'


def _watch_rows(watch: ShownWatch, settings: Settings) -> Iterator[Row]:
    yield "device", watch.device or "every device of the user"
    if watch.user is not settings.pushover.user:
        yield "user", _secret(watch.user)
    window = f"a day from {watch.resets_at} on" if watch.resets_at else "any 24 hours"
    yield "budget", f"{watch.pushes} pushes in {window}, {watch.spacing} apart unless urgent, paced by {watch.pacing}"
    for field, template in watch.glance.templates():
        size = "" if field in {"count", "percent"} else f"up to {longest(template, settings)} of {LIMIT} characters"
        yield (field, f'"{template}"', size)
