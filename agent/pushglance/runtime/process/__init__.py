"""The process: exec, reload, hardening, and messages to systemd."""
