"""The network: WiFi, names, time, MQTT and Pushover."""
