"""MQTT: the connection to the broker, and the routing of its messages to sensors."""
