"""Keys as other programs call them: Home Assistant, zigbee2mqtt, gpiozero, Pushover's clients, and plain guesses."""

from collections.abc import Collection

_SYNONYMS = {  # our key: other words for it, as many sections as have it
    "settle": "debounce debounce_ms debounce_time bouncetime bounce_time bounce filter glitch_filter delay delay_on "
    "delay_off delayed_on delayed_off delayed_on_off settle_time on_delay debouncing entprellen",
    "width": "debounce debounce_ms debounce_time bouncetime bounce_time bounce filter pulse_width min_width",
    "gpio": "pin gpio_pin bcm bcm_pin pin_number gpio_number port line",
    "mqtt": "topic state_topic mqtt_topic stat_t subscribe broker mqtt_broker topics state_topics pv topic_filter "
    "mqtt_state_topic",
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
    "multiply": "factor multiplier scale scaling gain coefficient divide divisor divider ratio conversion "
    "pulses_per_kwh pulses_per_unit imp_per_kwh pulses_per_liter",
    "offset": "add bias",
    "value": "json_path jsonpath json_pointer pointer path field value_template template value_key attribute property",
    "open_payloads": "payload_on on_payload payload_open state_open open_payload on_value state_on on_payloads "
    "payloads_open open_value open_values true_value",
    "closed_payloads": "payload_off off_payload payload_closed payload_close state_closed closed_payload off_value "
    "state_off off_payloads payloads_closed closed_value closed_values false_value payload_not_open",
    "unknown_payloads": "unavailable_payloads",
    "availability": "payload_available payload_not_available availability_topic avty_t status_topic lwt",
    "unit": "unit_of_measurement units uom unit_of_meas",
    "class": "device_class dev_cla",
    "kind": "type sensor_type platform component",
    "pull": "pull_up pullup pull_down pulldown pull_up_down bias resistor",
    "invert": "inverted active_low active_high active_state inverse reverse negate",
    "stale_after": "timeout expire_after max_age expires expiry ttl expires_after",
    "decimals": "precision digits round suggested_display_precision accuracy_decimals",
    "deadband": "threshold tolerance hysteresis delta min_change min_delta report_delta on_change",
    "every": "interval poll scan_interval poll_interval update_interval refresh",
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
    "left_open": "open_too_long alarm reminder alert notify notification warn_after open_alarm too_long",
    "hold": "off_delay hold_time keep_on pulse_time latch",
    "open": "on text_open open_text open_word word_open on_text text_on open_label",
    "closed": "off close text_closed closed_text closed_word word_closed off_text text_off closed_label",
    "valid": "min max minimum maximum range limits bounds clamp min_value max_value filter_out",
    "min": "minimum lowest lower at_least",
    "max": "maximum highest upper at_most",
    "low": "min min_value minimum percent_min lower",
    "high": "max max_value maximum percent_max upper",
    "open_one": "open_singular singular one_open single",
    "decimal_comma": "decimal_separator decimal_mark comma locale",
    "payload_unit": "strip_unit remove_unit unit_suffix suffix",
    "map": "mapping enum translate words lookup options",
    "where": "filter match condition only_if",
    "count_payloads": "payloads count_on press_payload",
    "counts": "count mode counting",
    "of": "members entities group sensors member",
    "rate": "per flow speed",
    "retained": "retain retain_flag",
    "online": "payload_available available online_payload",
    "offline": "payload_not_available unavailable offline_payload",
    "level": "verbosity loglevel log_level",
    "log": "logger logging",
    "commands": "allow allowed command",
    "actions": "allow allowed action buttons",
    "web": "page dashboard http status_page",
    "discovery": "homeassistant_discovery ha_discovery autodiscovery",
    "prefix": "base_topic topic_prefix root",
    "name": "node_name node_id",
    "url": "endpoint api_url server",
    "proxy": "http_proxy https_proxy",
    "resets_at": "reset_time midnight",
}


# Keys of other programs for which there is nothing to write here, and why.
_NOT_NEEDED = {
    "name friendly_name label alias title caption": "the name stands in the header, e.g. [sensors.front_door], and the "
    "words that are shown in open and closed or in the template",
    "unique_id object_id id uid device_id entity_id": "a sensor is known by the name in its header",
    "command cmd exec script shell url rest resource endpoint http": "a program can publish its value, or write it "
    "into a file that file reads, e.g. every minute: config/README.md, Anything else",
    "icon entity_picture color colour": "a watch shows text and numbers only",
    "force_update optimistic enabled_by_default entity_category json_attributes_topic json_attributes_template "
    "json_attributes command_topic payload_press state_class last_reset availability_mode device origin": "it is not "
    "needed here",
    "sound siren ringtone vibrate": "the sound is chosen in Pushover's app",
    "timezone time_zone tz zone_name": "the time zone is that of the computer: timedatectl set-timezone NAME",
    "clean_session clean_start session will birth last_will": "the agent chooses it",
    "log_file logfile": "messages are in the journal: pushglance logs",
    "quiet quiet_hours night sleep do_not_disturb dnd": "a glance makes no sound; to push nothing for a while type  "
    "pushglance pause 8h",
}


def not_needed(word: str) -> str:
    """Return why there is nothing to write for a key of another program, "" if there is or may be."""
    plain = _plain(word)
    return next((reason for words, reason in _NOT_NEEDED.items() if plain in words.split()), "")


def _plain(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


def key_meant(word: str, known: Collection[str]) -> str:
    """Return the key among the known ones that other programs call `word`, "" if there is none."""
    plain = _plain(word)
    return next((key for key in _SYNONYMS if key in known and plain in _SYNONYMS[key].split()), "")


_KINDS = {
    "contact": "binary_sensor binary switch boolean bool door window motion opening reed reed_switch digital onoff "
    "on_off occupancy presence leak smoke lock plug light relay gpio input button",
    "gauge": "sensor number numeric float int integer temperature humidity level power analog value measurement "
    "percent battery pressure tank",
    "counter": "pulse pulses pulse_counter pulse_meter meter energy total count water gas tick increment",
    "text": "string str text_sensor word enum status message state",
    "group": "any all sum combined aggregate any_open all_closed mean",
}


_CHOICES = {
    "any_open": "any or open",
    "all_closed": "all and closed",
    "names": "list which",
    "mean": "avg average median",
    "sum": "total add plus",
    "min": "minimum lowest",
    "max": "maximum highest",
    "total": "total_increasing cumulative absolute running meter meter_reading",
    "increments": "delta deltas increment difference use consumption",
    "messages": "pulses events message pulse",
    "daily": "midnight day true yes on",
    "never": "false no off none",
    "up": "pud_up pull_up pullup high vcc 3v3 true",
    "down": "pud_down pull_down pulldown low gnd ground false",
    "none": "off floating pud_off external no",
    "debug": "verbose trace all 2 3",
    "error": "quiet critical fatal",
    "synchronised": "ntp synchronized network auto",
    "always": "rtc",
    "both": "change rising_falling all 2",
    "one": "single rising falling 1",
}


def choice_meant(word: str, allowed: Collection[str]) -> str:
    """Return the allowed word that is meant by a word of another program, "" if there is none."""
    plain = _plain(word).strip()
    return next((choice for choice in allowed if plain in _CHOICES.get(choice, "").split()), "")


def kind_meant(word: str) -> str:
    """Return the kind of sensor that other programs call `word`, "" if there is none."""
    plain = _plain(word)
    return next((kind for kind, words in _KINDS.items() if plain in words.split()), "")
