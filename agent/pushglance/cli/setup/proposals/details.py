"""Values that are no measurements: numbers of devices, settings, diagnoses. They are listed last, after "more"."""

import re

# Words of names, in lower case, that mean what a device is, how it is set, or how well it works.
_WORDS = frozenset(
    {
        # what it is, and where in a list
        *(
            "id",
            "idx",
            "hwid",
            "mid",
            "channel",
            "protocol",
            "subtype",
            "serial",
            "mac",
            "ip",
            "ssid",
            "bssid",
            "address",
        ),
        *(
            "model",
            "brand",
            "manufacturer",
            "version",
            "firmware",
            "fw",
            "build",
            "revision",
            "instance",
            "node",
            "unit",
        ),
        # how well it works
        *(
            "uptime",
            "heap",
            "wifi",
            "rssi",
            "lqi",
            "snr",
            "signal",
            "strength",
            "link",
            "sleep",
            "loadavg",
            "mqttcount",
        ),
        *("reboot", "restarts", "reset", "outage", "error", "errors", "fault", "reachable", "seq", "sequence", "flags"),
        *("ts", "tst", "timestamp", "updated", "seen", "lastactive", "lastdirection", "esp32"),
        # how it is set
        *("interval", "timeout", "sampling", "sensitivity", "threshold", "calibration", "offset", "delay", "duration"),
        *("mode", "preset", "setpoint", "schedule", "boost", "eco", "comfort", "max", "min", "countdown", "child"),
        *("indication", "indicator", "led", "startup", "reversal", "requested", "melody", "effect"),
        *("color", "control", "sounder", "auto", "overload", "disabled", "enabled", "config", "type", "range"),
        # what few people watch
        *(
            "pf",
            "factor",
            "freq",
            "frequency",
            "period",
            "apparent",
            "reactive",
            "aprt",
            "acc",
            "vac",
            "lat",
            "lon",
            "alt",
        ),
        *("angle", "axis", "tf", "tempf", "by", "previous", "longpush", "detection", "voltage", "volt"),
    }
)
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def is_detail_name(name: str) -> bool:
    """Return whether a name has a word of what is not measured, e.g. "sequence_num", "nodeId" or "switch:0 id"."""
    words = [word.lower() for word in _SPLIT.split(name) if word]
    words += [re.sub(r"[^a-z0-9]", "", part.lower()) for part in name.split()]  # "LoadAvg" is "loadavg", too
    return any(word in _WORDS or word.rstrip("0123456789") in _WORDS for word in words)
