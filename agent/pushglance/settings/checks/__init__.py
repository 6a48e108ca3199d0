"""What values say together: each check yields one complaint for each mistake, in its place.

A check sees what is sound. It asks `is_broken` before it complains about something missing, so that one mistake is
told once.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pushglance.settings.errors.issues import Complaint, Place

from . import board_limits, cluster, nodes, sensors, services, templates, watches

if TYPE_CHECKING:
    from pushglance.settings.model import Settings

_ALL = (
    services.variables_with_one_underscore,
    services.missing_keys,
    services.missing_broker,
    nodes.nobody_to_publish_to,
    nodes.listening_to_itself,
    services.incomplete_broker,
    services.unreadable_files,
    sensors.no_single_source,
    sensors.keys_of_the_other_source,
    sensors.pins_used_twice,
    board_limits.pins_that_the_board_lacks,
    board_limits.pulls_that_the_board_cannot_give,
    board_limits.what_only_a_computer_does,
    board_limits.more_than_the_board_holds,
    sensors.numbers_that_do_not_fit,
    sensors.units_that_do_not_fit,
    sensors.payloads_that_mean_both,
    cluster.what_no_hub_can_be,
    cluster.what_only_one_hub_knows,
    cluster.halves_of_a_cluster,
    watches.no_single_way_to_show,
    watches.watch_called_messages,
    watches.messages_to_nobody,
    watches.watches_that_overlap,
    templates.empty_glances,
    templates.wrong_references,
    templates.too_long,
)


def complaints_across(settings: "Settings", broken: set[Place]) -> Iterator[Complaint]:
    """Yield what is wrong between values; `broken` are the places that were cut out because they are wrong alone."""
    for check in _ALL:
        yield from check(settings, broken)
