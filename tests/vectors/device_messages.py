"""Messages as real devices send them, for the vector "devices": each rule that reads or selects a message occurs.

zigbee2mqtt, Tasmota, Shelly of both generations, rtl_433, ESPHome, Home Assistant's statestream, Victron, a bell.
"""

from pushglance.core.wire.message_router import MessageRouter
from support import plans
from vectors.replay import Events

MINUTE = 60_000
_Z2M = "zigbee2mqtt/door"
SENSORS = [
    plans.topic_contact(
        "door",
        topic=_Z2M,
        pointer="/contact",
        open_payloads=["false"],
        closed_payloads=["true"],
        since="/last_seen",
        availability={"topic": f"{_Z2M}/availability", "pointer": ""},
    ),
    plans.text("window", topic="zigbee2mqtt/window", pointer="/state", map={"tilted": "gekippt", "2": "Turbo"}),
    plans.gauge("outside", topic="rtl_433/events", pointer="/temperature_C", decimals=1, where=[["/id", ["145"]]]),
    plans.counter("rain", topic="rtl_433/events", source="mqtt", counts="total", pointer="/rain_mm", decimals=1)
    | {"where": [["/model", ["Bresser-5in1", "Bresser-7in1"]], ["/id", ["145"]]]},
    plans.counter("rings", source="mqtt", counts="messages", topic="z2m/bell", pointer="/action")
    | {"count_payloads": ["pressed", "single"], "dead_ms": 2000},
    plans.counter("steps", source="mqtt", counts="increments", topic="steps", pointer=""),
    plans.gauge("power", topic="tele/plug/SENSOR", pointer="/ENERGY/Power", linear=[1, 0, 1000], decimals=3),
    plans.topic_contact(
        "washer", topic="tele/plug/SENSOR", pointer="/ENERGY/Power", threshold=[5_000_000, 1_000_000, 1]
    ),
    plans.gauge("battery", topic="N/1/battery/Soc", pointer="/value", valid={"min": 0, "max": 100, "max_step": 20}),
    plans.gauge("hall", topic="esphome/hall/state", payload_unit="\u00b0C", decimals=1),
    plans.gauge("flow", topic="ebusd/flow", payload_unit="\u00b0C", decimal_comma=1, decimals=1),
    plans.gauge("probe", topic="probe", unknown_payloads=["-127", "85"], decimals=1),
    plans.topic_contact("top", topic="gate/top"),
    plans.topic_contact("foot", topic="gate/foot"),
    plans.group("gate", ["top", "foot"], combine="door", open="Up", closed="Shut", moving="Moving"),
    plans.group("most", ["outside", "hall"], combine="max", decimals=1),
]
for _sensor in SENSORS:
    if _sensor["source"] == "mqtt":
        _sensor.setdefault("pointer", "")
        _sensor.setdefault("qos", 1)
        for _key in ("gpio", "pull", "active_level", "width_us"):
            _sensor.pop(_key, None)

_RETAINED = 1
_ROWS = [  # (topic, payload, retained)
    (_Z2M, '{"contact":false,"last_seen":"2026-11-23T09:30:00+01:00"}', _RETAINED),
    (f"{_Z2M}/availability", '{"state":"online"}', _RETAINED),
    (_Z2M, '{"contact":true,"battery":97,"last_seen":1795426500000}', 0),
    (_Z2M, '{"battery":97}', 0),
    (f"{_Z2M}/availability", '{"state":"offline"}', 0),
    (f"{_Z2M}/availability", "online", 0),
    (_Z2M, '{"contact":false,"last_seen":null}', 0),
    ("zigbee2mqtt/window", '{"state":"TILTED"}', 0),
    ("zigbee2mqtt/window", '{"state":2}', 0),
    ("zigbee2mqtt/window", '{"state":2.0}', 0),
    (f"{_Z2M}/availability", '{"value":false,"status":"Dead"}', 0),
    (f"{_Z2M}/availability", "2", 0),
    ("ebusd/flow", "45,32 \u00b0C", 0),
    ("ebusd/flow", "1.045,3", 0),
    ("ebusd/flow", "--", 0),
    ("zigbee2mqtt/window", '{"state":"f\u00fcnf"}', 0),
    ("zigbee2mqtt/window", '{"state":null}', 0),
    ("rtl_433/events", '{"model":"Bresser-5in1","id":145,"temperature_C":7.4,"rain_mm":12.4}', 0),
    ("rtl_433/events", '{"model":"Bresser-5in1","id":23,"temperature_C":19.9,"rain_mm":99}', 0),
    ("rtl_433/events", '{"model":"Bresser-7in1","id":"145","temperature_C":7.65,"rain_mm":12.8}', 0),
    ("rtl_433/events", "not JSON", 0),
    ("z2m/bell", '{"action":"single","linkquality":80}', 0),
    ("z2m/bell", '{"action":"pressed"}', 0),
    ("z2m/bell", '{"action":""}', 0),
    ("z2m/bell", '{"action":null}', 0),
    ("z2m/bell", '{"battery":80}', 0),
    ("z2m/bell", '{"action":"PRESSED"}', 0),
    ("z2m/bell", '{"action":"pressed"}', _RETAINED),
    ("steps", "3", 0),
    ("steps", "2.5\0", 0),
    ("steps", "-1", 0),
    ("steps", "0.500000", 0),
    ("tele/plug/SENSOR", '{"Time":"2026-11-23T10:00:00","ENERGY":{"Total":3.185,"Power":1834}}', 0),
    ("tele/plug/SENSOR", '{"ENERGY":{"Power":4.5}}', 0),
    ("tele/plug/SENSOR", '{"ENERGY":{"Power":[12,3]}}', 0),
    ("tele/plug/SENSOR", '{"ENERGY":{"Power":0}}', 0),
    ("N/1/battery/Soc", '{"value":87.6}', 0),
    ("N/1/battery/Soc", '{"value":8.1}', 0),
    ("N/1/battery/Soc", '{"value":null}', 0),
    ("N/1/battery/Soc", '{"value":88}', 0),
    ("esphome/hall/state", "21.46 \u00b0C", 0),
    ("esphome/hall/state", "nan", 0),
    ("esphome/hall/state", '"21.5"', 0),
    ("probe", "85", 0),
    ("probe", "-127.00", 0),
    ("probe", "-127", 0),
    ("probe", "19.94", 0),
    ("gate/foot", "closed", 0),
    ("gate/top", "open", 0),
    ("gate/foot", "open", 0),
    ("gate/top", "closed", 0),
    ("gate/foot", "closed", 0),
    ("gate/foot", "unavailable", 0),
    ("gate/foot", b"\xff\xfe", 0),
    ("gate/foot", None, 0),
    ("gate/foot", "OFF", 0),
]


def routed(sensors, rows):
    """Return [at_ms, topic, payload in hexadecimal or None, retained, events] for each message, one a minute."""
    events, clock = Events(), [0]
    router = MessageRouter([sensor for sensor in sensors if "topic" in sensor], events, lambda: clock[0])
    found = []
    for topic, payload, retained in rows:
        clock[0] += MINUTE // 3
        data = payload.encode() if isinstance(payload, str) else payload
        router.deliver(topic, data, bool(retained))
        shown = None if data is None else data.hex()
        found.append([clock[0], topic, shown, retained, [event.as_list() for event in events.rows]])
        events.rows = []
    return found


def messages():
    """Return the rows of the vector."""
    return routed(SENSORS, _ROWS)
