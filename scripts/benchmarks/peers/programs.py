"""The compared programs, each configured for the same job as its documentation recommends."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import installations
from .job import DOOR, LEVEL, PATH, STEP
from .measured_process import Command

_SCRIPTS = Path(__file__).parents[2]  # holds the package `benchmarks`
_TOKEN, _USER = "aSandboxTokenThatOpensNothing1", "uSandboxUserKeyThatOpensNothin"
OWN = "pushglance"

Setup = Callable[[Path, int, int], Command]


@dataclass
class Program:
    """One program: `install` may raise NotInstalledError; `setup` writes its files for (folder, broker, sink)."""

    name: str
    install: Callable[[], object]
    setup: Setup
    acts: bool = True  # it sends requests for messages; mqtt-io only publishes pins
    only_at_rest: bool = False  # its other figures equal those of pushglance


def all_programs() -> list[Program]:
    """Return all programs, pushglance first."""
    return [
        Program(OWN, installations.own, _pushglance),
        Program("without pins", installations.own, _topics_only, only_at_rest=True),
        Program("mqttwarn", lambda: installations.pypi(installations.MQTTWARN), _mqttwarn),
        Program("mqtt-io", lambda: installations.pypi(installations.MQTT_IO), _mqtt_io, acts=False),
        Program("Node-RED", lambda: installations.npm(installations.NODE_RED), _node_red),
        Program("paho loop", installations.own, _paho_loop),
        Program("socket", installations.own, _socket),
    ]


def _clean() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith(("PUSHGLANCE_", "PYTHON"))}


def _pushglance(folder: Path, broker: int, sink: int) -> Command:
    return _own(
        folder,
        broker,
        sink,
        """
[gpio]
factory = "mock"
[sensors.front]
kind = "contact"
gpio = 17
[sensors.back]
kind = "contact"
gpio = 27
[glance]
title = "{front} {back}"
""",
    )


def _topics_only(folder: Path, broker: int, sink: int) -> Command:
    """Set up pushglance without pins: mock pins load gpiozero, which a Pi with libgpiod does not."""
    return _own(folder, broker, sink, "[glance]\n")


def _own(folder: Path, broker: int, sink: int, pins: str) -> Command:
    for name in ("state", "keys"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "keys/pushover_token").write_text(_TOKEN)  # as systemd provides credentials
    (folder / "keys/pushover_user").write_text(_USER)
    (folder / "pushglance.toml").write_text(f"""
[pushover]
url = "http://127.0.0.1:{sink}"
[budget]
spacing = "0s"
pacing = "spacing"
[mqtt]
host = "127.0.0.1"
port = {broker}
[sensors.door]
kind = "contact"
mqtt = "{DOOR}"
settle = "0ms"
urgent = true
[sensors.level]
kind = "gauge"
mqtt = "{LEVEL}"
deadband = {STEP}
{pins}text = "{{door}}"
percent = "{{level}}"
""")
    command = [str(installations.own() / "bin/pushglance"), "run", "--config", str(folder / "pushglance.toml")]
    directories = {"STATE_DIRECTORY": "state", "RUNTIME_DIRECTORY": "memory", "CREDENTIALS_DIRECTORY": "keys"}
    return Command(command, _clean() | {name: str(folder / path) for name, path in directories.items()})


def _mqttwarn(folder: Path, broker: int, sink: int) -> Command:
    (folder / "functions.py").write_text(f"""
last = {{}}

def repeats(topic, message):
    value = message.decode() if isinstance(message, bytes) else message
    previous = last.get(topic)
    if previous == value or (topic == {LEVEL!r} and previous and abs(float(value) - float(previous)) < {STEP}):
        return True
    last[topic] = value
    return False
""")
    (folder / "mqttwarn.ini").write_text(f"""
[defaults]
hostname = '127.0.0.1'
port = {broker}
clientid = 'bench-mqttwarn'
cleansession = True
protocol = 4
functions = '{folder / "functions.py"}'
logfile = 'stream://sys.stderr'
loglevel = WARN
filteredmessagesloglevel = DEBUG
launch = web, pushover
[config:web]
module = 'http_urllib'
timeout = 60
targets = {{ 'sink': ['post', 'http://127.0.0.1:{sink}{PATH}', {{'text': '@message'}}, None] }}
[config:pushover]
targets = {{ 'me': ['{_USER}', '{_TOKEN}'] }}
[{DOOR}]
qos = 1
targets = web:sink
filter = repeats()
[{LEVEL}]
qos = 1
targets = web:sink
filter = repeats()
""")
    command = [str(installations.pypi(installations.MQTTWARN) / "bin/mqttwarn")]
    return Command(command, _clean() | {"MQTTWARNINI": str(folder / "mqttwarn.ini")})


def _mqtt_io(folder: Path, broker: int, _sink: int) -> Command:
    pins = "".join(f"  - {{name: pin{pin}, module: mock, pin: {pin}}}\n" for pin in (1, 2, 3, 4))
    (folder / "mqtt-io.yml").write_text(
        f"mqtt: {{host: 127.0.0.1, port: {broker}, topic_prefix: bench, client_id: bench-mqtt-io}}\n"
        "gpio_modules:\n  - {name: mock, module: mock, cleanup: no}\n"
        f"digital_inputs:\n{pins}digital_outputs:\n  - {{name: out, module: mock, pin: 5}}\n"
        "logging: {version: 1, root: {level: WARNING}}\n"
    )
    python = str(installations.pypi(installations.MQTT_IO) / "bin/python")
    return Command([python, "-m", "mqtt_io", str(folder / "mqtt-io.yml")], _clean())


def _node_red(folder: Path, broker: int, sink: int) -> Command:
    flow: list[dict[str, object]] = [
        {"id": "tab", "type": "tab", "label": "bench"},
        {"id": "broker", "type": "mqtt-broker", "broker": "127.0.0.1", "port": str(broker), "clientid": "bench-red"}
        | {"autoConnect": True, "protocolVersion": "4", "keepalive": "60", "cleansession": True},
        {"id": "post", "z": "tab", "type": "http request", "method": "POST", "ret": "txt", "persist": True}
        | {"url": f"http://127.0.0.1:{sink}{PATH}", "wires": [[]]},
    ]
    for topic, rule in ((DOOR, {"func": "rbe", "gap": ""}), (LEVEL, {"func": "deadbandEq", "gap": str(STEP)})):
        name = topic.rpartition("/")[2]
        receive = {"id": name, "z": "tab", "type": "mqtt in", "topic": topic, "qos": "1", "datatype": "utf8"}
        only_changes = {"id": f"{name}-changes", "z": "tab", "type": "rbe", "inout": "out", "property": "payload"}
        flow += [
            receive | {"broker": "broker", "wires": [[f"{name}-changes"]]},
            only_changes | rule | {"wires": [["post"]]},
        ]
    (folder / "flows.json").write_text(json.dumps(flow))
    (folder / "settings.js").write_text(
        'module.exports = {httpAdminRoot: false, httpNodeRoot: false, disableEditor: true, flowFile: "flows.json",'
        ' logging: {console: {level: "warn"}}, telemetry: {enabled: false}};\n'
    )
    red = installations.npm(installations.NODE_RED) / "node_modules/node-red/red.js"
    command = ["node", str(red), "--userDir", str(folder), "--settings", str(folder / "settings.js")]
    return Command(command, _clean())


def _minimal(name: str, broker: int, sink: int) -> Command:
    python = str(installations.own() / "bin/python")
    command = [python, "-m", f"benchmarks.peers.minimal.{name}"]
    arguments = [str(broker), str(sink), PATH, DOOR, LEVEL, str(STEP)]
    return Command([*command, *arguments], _clean() | {"PYTHONPATH": str(_SCRIPTS)})


def _paho_loop(_folder: Path, broker: int, sink: int) -> Command:
    return _minimal("paho_loop", broker, sink)


def _socket(_folder: Path, broker: int, sink: int) -> Command:
    return _minimal("bare_socket", broker, sink)


def python_version() -> str:
    """Return the version of Python that all programs but Node-RED use."""
    return "{}.{}.{}".format(*sys.version_info)
