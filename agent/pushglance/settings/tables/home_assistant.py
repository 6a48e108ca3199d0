"""Device classes of Home Assistant 2025.4, and the units that it accepts with each of them."""

CONTACT_CLASSES = (
    "battery",
    "battery_charging",
    "carbon_monoxide",
    "cold",
    "connectivity",
    "door",
    "garage_door",
    "gas",
    "heat",
    "light",
    "lock",
    "moisture",
    "motion",
    "moving",
    "occupancy",
    "opening",
    "plug",
    "power",
    "presence",
    "problem",
    "running",
    "safety",
    "smoke",
    "sound",
    "tamper",
    "vibration",
    "window",
)

_VOLUME = ("L", "m³", "ft³", "gal", "CCF")
_ENERGY = ("kWh", "Wh", "MWh", "J", "kJ", "MJ", "GJ")
_LENGTH = ("m", "mm", "cm", "km", "in", "ft", "yd", "mi")
_PRESSURE = ("hPa", "Pa", "kPa", "bar", "mbar", "psi", "inHg", "mmHg")
_SPEED = ("m/s", "km/h", "mm/s", "mph", "kn", "ft/s")

# The classes of counters and of gauges, each with its units.
COUNTER_CLASSES: dict[str, tuple[str, ...]] = {
    "distance": _LENGTH,
    "duration": ("s", "min", "h", "d", "ms"),
    "energy": _ENERGY,
    "gas": ("m³", "ft³", "CCF"),
    "precipitation": ("mm", "cm", "in"),
    "volume": (*_VOLUME, "mL"),
    "water": _VOLUME,
}
GAUGE_CLASSES: dict[str, tuple[str, ...]] = {
    "atmospheric_pressure": _PRESSURE,
    "battery": ("%",),
    "carbon_dioxide": ("ppm",),
    "carbon_monoxide": ("ppm",),
    "current": ("A", "mA"),
    "distance": _LENGTH,
    "energy_storage": _ENERGY,
    "frequency": ("Hz", "kHz", "MHz"),
    "humidity": ("%",),
    "illuminance": ("lx",),
    "irradiance": ("W/m²",),
    "moisture": ("%",),
    "pm10": ("µg/m³",),
    "pm25": ("µg/m³",),
    "power": ("W", "kW", "mW", "MW"),
    "precipitation_intensity": ("mm/h", "mm/d", "in/h", "in/d"),
    "pressure": _PRESSURE,
    "signal_strength": ("dBm", "dB"),
    "speed": _SPEED,
    "temperature": ("°C", "°F", "K"),
    "voltage": ("V", "mV", "kV"),
    "volume_flow_rate": ("m³/h", "L/min", "ft³/min", "gal/min"),
    "volume_storage": (*_VOLUME, "mL"),
    "weight": ("kg", "g", "mg", "lb", "oz"),
    "wind_speed": _SPEED,
}
