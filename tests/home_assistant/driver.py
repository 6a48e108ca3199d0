"""Run a real Home Assistant Core without its frontend, and execute commands from stdin.

Called by the Python into which Home Assistant is installed: `driver.py FOLDER BROKER_PORT` starts it with only the MQTT
integration. Each line on stdin is a command in JSON: {"do": "states"}, {"do": "call", ...} to call a service, or
{"do": "stop"}. Each answer has every entity, and in "warnings" what the MQTT integration logged.
"""

import asyncio
import json
import logging
import socket
import sys
from pathlib import Path

from homeassistant import bootstrap, runner
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry


class WarningLog(logging.Handler):
    """The warnings of the MQTT integration."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def write_configuration(folder: Path, port: int) -> None:
    """Write a configuration with a broker, as the frontend would write it."""
    (folder / ".storage").mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        http_port = probe.getsockname()[1]
    (folder / "configuration.yaml").write_text(f"http:\n  server_host: 127.0.0.1\n  server_port: {http_port}\n")
    entry = {
        "entry_id": "broker",
        "version": 1,
        "minor_version": 2,
        "domain": "mqtt",
        "title": "broker",
        "data": {"broker": "127.0.0.1", "port": port, "discovery": True, "discovery_prefix": "homeassistant"},
        "options": {},
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "created_at": "2025-01-01T00:00:00+00:00",
        "modified_at": "2025-01-01T00:00:00+00:00",
        "discovery_keys": {},
        "subentries": [],
    }
    stored = {"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [entry]}}
    (folder / ".storage/core.config_entries").write_text(json.dumps(stored))


def entities(hass: HomeAssistant) -> dict[str, dict[str, object]]:
    """Return the state of every entity of the MQTT integration by its unique id."""
    registry = entity_registry.async_get(hass)
    states = {}
    for entry in registry.entities.values():
        if entry.platform == "mqtt":
            state = hass.states.get(entry.entity_id)
            states[entry.unique_id] = {
                "entity": entry.entity_id,
                "state": None if state is None else state.state,
                "category": entry.entity_category,
                "class": state.attributes.get("device_class") if state else None,
                "unit": state.attributes.get("unit_of_measurement") if state else None,
                "state_class": state.attributes.get("state_class") if state else None,
                "name": state.attributes.get("friendly_name") if state else None,
            }
    return states


async def drive(folder: Path) -> None:
    """Start, and answer commands until one of them is "stop"."""
    warnings = WarningLog()
    logging.getLogger("homeassistant.components.mqtt").addHandler(warnings)
    bootstrap.CRITICAL_INTEGRATIONS.clear()  # else it starts in recovery mode, because the frontend is not installed
    hass = await bootstrap.async_setup_hass(
        runner.RuntimeConfig(config_dir=str(folder), skip_pip=True, verbose=False, log_no_color=True)
    )
    assert hass is not None
    await hass.async_start()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    sys.stdout.write('{"ready": true}\n')
    sys.stdout.flush()
    while line := await reader.readline():
        command = json.loads(line)
        if command["do"] == "stop":
            break
        if command["do"] == "call":
            await hass.services.async_call(command["domain"], command["service"], command["data"], blocking=True)
        sys.stdout.write(json.dumps({"entities": entities(hass), "warnings": warnings.lines}) + "\n")
        sys.stdout.flush()
    await hass.async_stop()


if __name__ == "__main__":
    configuration = Path(sys.argv[1])
    write_configuration(configuration, int(sys.argv[2]))
    asyncio.run(drive(configuration))
