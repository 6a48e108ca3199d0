"""Checks of hubs: what only one of them would know cannot be shown by all of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pushglance.settings.board_catalog import RASPBERRY_PI
from pushglance.settings.errors.issues import Place, SettingIssue, ValueProblem, complain
from pushglance.settings.tables.sensors import Contact, sources_of
from pushglance.settings.tables.sensors.sources.mqtt import CounterTopicKeys
from pushglance.settings.tables.watches import shown_watches

if TYPE_CHECKING:
    from pushglance.settings.model import Settings


def check_hub_limits(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a board, a simulation or a node without a watch that would share watches."""
    if settings.cluster is None:
        return
    told = ""
    if settings.board.kind != RASPBERRY_PI:
        told = "only a computer can be one of several hubs: remove [cluster], and let this board be a node of theirs"
    elif settings.simulation is not None:
        told = "a simulation shares no watch: remove [cluster] or [simulation]"
    elif settings.only_publishes:
        told = "a node without a watch has nothing to share: remove [cluster]"
    if told:
        yield SettingIssue(("cluster",), told)


def check_cluster_sensors(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about pins and counted messages: after a change of hubs another one would show something else."""
    if settings.cluster is None:
        return
    for name, sensor in settings.sensors.items():
        place = ("sensors", name)
        if isinstance(sensor, Contact) and sensor.left_open:
            told = "each hub of [cluster] would send its own message; remove it, or write it where the pin is"
            yield SettingIssue((*place, "left_open"), told)
        for source in sources_of(sensor):
            if source.is_local:
                text = (
                    f"{source.place} is read by this hub alone, and [cluster] has several: let a node publish it, "
                    'and write node = "NAME" here'
                )
                yield SettingIssue((*place, source.key), text)
        if isinstance(sensor, CounterTopicKeys) and sensor.mqtt is not None and sensor.counts == "messages":
            text = "each hub of [cluster] would count messages separately; count a running total"
            yield complain((*place, "counts"), ValueProblem(text, '"total"'))


def check_cluster_complete(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a day's budget, which hubs do not share, and about certificates without TLS."""
    cluster = settings.cluster
    if cluster is None:
        return
    for watch in [] if settings.only_publishes else shown_watches(settings):
        if watch.resets_at is not None:
            where = (*watch.place, "budget", "resets_at")
            yield SettingIssue(
                where, "hubs of [cluster] share the budget of any 24 hours, not that of a day; remove it"
            )
    if cluster.ca_file and not cluster.url.startswith("rediss://"):
        told = "ca_file would not be used without encryption"
        yield complain(("cluster", "url"), ValueProblem(told, '"rediss://HOST:PORT"'))
