"""Keys as other programs call them: Home Assistant, zigbee2mqtt, gpiozero, Pushover's clients, and plain guesses."""

from collections.abc import Collection

_SYNONYMS = {  # our key: other words for it, as many sections as have it
    "settle": "debounce debounce_ms debounce_time bouncetime bounce_time bounce filter glitch_filter delay",
    "width": "debounce debounce_ms debounce_time bouncetime bounce_time bounce filter pulse_width min_width",
    "gpio": "pin gpio_pin bcm bcm_pin pin_number gpio_number port line",
    "mqtt": "topic state_topic mqtt_topic stat_t subscribe broker mqtt_broker",
    "host": "broker server hostname host_name address ip ip_address mqtt_host broker_host url uri",
    "port": "mqtt_port broker_port",
    "username": "user login name user_name mqtt_user mqtt_username",
    "password": "pass passwd pw pwd secret mqtt_password mqtt_pass",
    "password_file": "passfile password_path",
    "tls": "ssl secure encryption encrypted use_tls use_ssl",
    "ca_file": "ca cafile ca_cert ca_certs certificate certificate_authority",
    "cert_file": "cert certfile client_cert",
    "key_file": "keyfile client_key",
    "client_id": "clientid mqtt_client_id",
    "keepalive": "keep_alive ping_interval",
    "version": "protocol protocol_version mqtt_version",
    "multiply": "factor multiplier scale scaling gain coefficient",
    "offset": "add bias",
    "value": "json_path jsonpath json_pointer pointer path field value_template template value_key attribute property",
    "open_payloads": "payload_on on_payload payload_open state_open open_payload on_value payload_available",
    "closed_payloads": "payload_off off_payload payload_closed payload_close state_closed closed_payload off_value",
    "unknown_payloads": "unavailable_payloads payload_not_available",
    "availability": "availability_topic avty_t status_topic lwt",
    "unit": "unit_of_measurement units uom unit_of_meas",
    "class": "device_class dev_cla",
    "kind": "type sensor_type platform component",
    "pull": "pull_up pullup pull_down pulldown pull_up_down bias resistor",
    "invert": "inverted active_low active_high active_state inverse reverse negate",
    "stale_after": "timeout expire_after max_age expires expiry ttl off_delay",
    "decimals": "precision digits round suggested_display_precision accuracy_decimals",
    "deadband": "threshold tolerance hysteresis delta min_change",
    "every": "interval poll scan_interval poll_interval update_interval",
    "file": "filename file_path sysfs device",
    "resets": "reset reset_at daily reset_daily",
    "urgent": "priority important immediate",
    "share": "quota",
    "token": "api_token app_token api_key apikey application_token app_key key",
    "user": "user_key userkey group group_key recipient",
    "token_file": "api_token_file",
    "pushes": "limit max max_pushes per_day daily_limit budget",
    "spacing": "interval gap min_interval cooldown rate_limit",
    "title": "heading headline",
    "text": "message body line1",
    "subtext": "subtitle line2 second_line",
    "count": "number badge",
    "percent": "percentage progress gauge",
    "pushover": "push notify",
    "sensors": "sensor inputs input binary_sensor",
    "watches": "watch receivers",
    "glance": "display complication watchface face",
    "node": "publish homeassistant home_assistant",
    "left_open": "open_too_long alarm reminder",
}


def key_meant(word: str, known: Collection[str]) -> str:
    """Return the key among the known ones that other programs call `word`, "" if there is none."""
    plain = word.lower().replace("-", "_").replace(" ", "_")
    return next((key for key in _SYNONYMS if key in known and plain in _SYNONYMS[key].split()), "")
