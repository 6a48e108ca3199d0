"""Sensors on MQTT topics: one connection to the broker, on which a node also publishes."""
