"""Sensors on MQTT topics: one connection to the broker, which also publishes what a node has to publish."""
