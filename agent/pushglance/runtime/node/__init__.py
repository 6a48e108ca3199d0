"""This agent as a node: it publishes its readings and its state by MQTT, and accepts commands from there."""
