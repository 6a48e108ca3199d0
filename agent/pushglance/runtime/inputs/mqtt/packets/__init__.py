"""MQTT packets: bytes in, messages out, and no packet fills the memory. Nothing here knows a sensor."""
