"""Which values of devices `init` offers first, and which ones only after "more": what a device does not measure."""

import pytest

from pushglance.cli.setup.proposals.collect import collect, valid_keys

_SWITCH = (
    '{"id":0,"source":"init","output":true,"apower":182.4,"voltage":231.2,"freq":50.0,"pf":0.9,"aenergy":'
    '{"total":471108.2,"by_minute":[1.2,3.4],"minute_ts":1764000000},"temperature":{"tC":41.3}}'
)
_METERS = '{"id":0,"a_act_power":951.2,"a_pf":1,"a_freq":50,"total_act_power":2484.782,"total_aprt_power":2486.7}'
_TRV = (
    '{"battery":80,"child_lock":"UNLOCK","current_heating_setpoint":21,"local_temperature":20.4,'
    '"local_temperature_calibration":0,"max_temperature":30,"boost_time":300,"error_status":0,"linkquality":99,'
    '"schedule_monday":"06:00/21","update":{"installed_version":1,"latest_version":2}}'
)
_TASMOTA = (
    '{"Time":"2026-11-23T09:20:00","Uptime":"1T02:03:04","UptimeSec":93784,"Heap":25,"SleepMode":"Dynamic",'
    '"LoadAvg":19,"MqttCount":1,"POWER":"ON","Wifi":{"AP":1,"Channel":6,"RSSI":74,"Signal":-63,"LinkCount":1}}'
)
_NEXUS = (
    '{"time":"2026-11-23 09:20:00","model":"Nexus-TH","id":145,"channel":1,"battery_ok":1,"temperature_C":4.6,'
    '"mod":"ASK","freq":433.91,"rssi":-0.1,"mic":"CRC","subtype":3,"protocol":19,"sequence_num":3,"flags":0}'
)
_MITHERM = (
    '{"id":"A4:C1","name":"LYWSD03","rssi":-60,"model_id":"LYWSD03MMC","tempc":21.3,"hum":45.2,"batt":88,"volt":2.9}'
)

ROWS = {
    ("shellyplus1pm-a1/status/switch:0", _SWITCH): ["/aenergy/total", "/apower", "/output", "/temperature/tC"],
    ("shellypro3em-a1/status/em:0", _METERS): ["/a_act_power", "/total_act_power"],
    ("zigbee2mqtt/TRV", _TRV): ["/local_temperature"],
    ("tele/plug/STATE", _TASMOTA): ["/POWER"],
    ("rtl_433/pi/events", _NEXUS): ["/temperature_C"],
    ("home/OpenMQTTGateway/BTtoMQTT/A4C1", _MITHERM): ["/hum", "/tempc"],
    ("zwave/kitchen/49/0/Air_temperature", '{"time":1606000000000,"value":21.4,"nodeId":9}'): ["/value"],
    ("rtl_433/pi/devices/Nexus-TH/1/145/channel", "1"): [],
    ("gadget/firmware_version", "12"): [],
    ("gadget/garden", "12"): [""],
}


@pytest.mark.parametrize("row", ROWS)
def test_only_measurements_are_offered_first(row):
    """Numbers of devices, settings and diagnoses are details; every proposal can be written as it is."""
    topic, payload = row
    proposals = collect({topic: payload.encode()})
    assert sorted(one.place[1] for one in proposals if not one.is_detail) == ROWS[row]
    assert [one for one in proposals if valid_keys(one.keys) != one.keys] == []
    assert len(proposals) >= 1


@pytest.mark.parametrize(
    ("topic", "payload", "keys"),
    [
        ("shellies/shellyem-1/emeter/0/energy", "123", {"multiply": "1/60000"}),  # watt-minutes
        ("shellies/shellyem-1/emeter/0/total_returned", "0.0", {"multiply": 0.001}),
        ("tele/x/SENSOR", '{"SML":{"Total_in":1234.5}}', {"counts": "total", "unit": "kWh"}),
        ("tele/x/SENSOR", '{"COUNTER":{"C1":5}}', {"kind": "counter", "counts": "total"}),
        ("N/c06/system/0/Dc/Battery/Soc", '{"value":87.6}', {"kind": "gauge", "unit": "%"}),
        ("a/b", '{"speed":0}', {"kind": "gauge"}),  # a number in a report that is 0 now
        ("a/b", '{"door":0}', {"kind": "contact"}),
        ("a/door", "0", {"kind": "contact"}),
    ],
)
def test_what_a_value_is(topic, payload, keys):
    """Totals, percents and states of devices are recognised by their names."""
    [proposal] = collect({topic: payload.encode()})
    assert keys.items() <= proposal.keys.items()
    assert valid_keys(proposal.keys) == proposal.keys


def test_device_of_a_value_topic():
    """A topic whose payload is only a value is named after the topic, and its device not by a number."""
    proposals = collect({"zwave/kitchen/49/0/Air_temperature": b'{"value":21.4}'})
    assert [(one.device, one.aspect) for one in proposals] == [("kitchen", "Air_temperature")]
