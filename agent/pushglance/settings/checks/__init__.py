"""Checks of values that must fit together. Each check yields one issue per error, at its place.

A check gets the valid part of the settings; `broken` are the places that were removed because their values are wrong.
A check calls `is_broken` before it reports a missing value, because that value may be one of the removed ones.
"""

from collections.abc import Iterator

from pushglance.settings.errors.issues import Place, SettingIssue
from pushglance.settings.model import Settings

from . import (
    availability,
    board_limits,
    board_memory,
    cluster,
    groups,
    nodes,
    sensors,
    services,
    templates,
    values,
    watches,
)

_CHECKS = (
    services.check_environment_names,
    services.check_keys_present,
    services.check_broker_present,
    nodes.check_node_needs_mqtt,
    nodes.check_topic_loop,
    services.check_broker_complete,
    services.check_files_readable,
    sensors.check_one_source,
    sensors.check_keys_match_source,
    sensors.check_sources_on_board,
    sensors.check_pins_unique,
    board_limits.check_pins_exist,
    board_limits.check_pulls_supported,
    board_limits.check_board_features,
    board_limits.check_wifi_password,
    board_limits.check_board_pulses,
    board_limits.check_board_capacity,
    board_memory.check_board_memory,
    values.check_decimals,
    values.check_factors,
    values.check_valid_ranges,
    values.check_counting,
    values.check_words_fit,
    sensors.check_units,
    sensors.check_thresholds,
    sensors.check_payloads_differ,
    availability.check_availability,
    groups.check_members,
    cluster.check_hub_limits,
    cluster.check_cluster_sensors,
    cluster.check_cluster_complete,
    watches.check_glance_or_watches,
    watches.check_watch_names,
    watches.check_messages_have_receiver,
    watches.check_watches_unique,
    templates.check_glances_not_empty,
    templates.check_references,
    templates.check_text_lengths,
)


def consistency_issues(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield the issues of all checks."""
    for check in _CHECKS:
        yield from check(settings, broken)
