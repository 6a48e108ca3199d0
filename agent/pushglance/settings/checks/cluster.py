"""Checks of a cluster: every hub must be able to show what the others show."""

from collections.abc import Iterator

from pushglance.settings.board_catalog import RASPBERRY_PI
from pushglance.settings.errors.issues import Place, SettingIssue, issue_at
from pushglance.settings.model import Settings
from pushglance.settings.resolved_watches import resolve_watches
from pushglance.settings.tables.sensors import ContactKeys, sources_of
from pushglance.settings.tables.sensors.sources.mqtt import CounterTopicKeys


def check_hub_limits(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report [cluster] where it cannot work: on a board, in a simulation, or on a node without a watch."""
    if settings.cluster is None:
        return
    problem = ""
    if settings.board.kind != RASPBERRY_PI:
        problem = "only a computer can be a hub; remove [cluster], and let this board publish to the hubs with [node]"
    elif settings.simulation is not None:
        problem = "a simulation cannot share watches; remove [cluster] or [simulation]"
    elif settings.is_publish_only:
        problem = "a node without a watch has nothing to share; remove [cluster]"
    if problem:
        yield SettingIssue(("cluster",), problem)


def check_cluster_sensors(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report pins and counted messages: after a failover the next hub would show different values."""
    if settings.cluster is None:
        return
    for name, sensor in settings.sensors.items():
        place = ("sensors", name)
        if isinstance(sensor, ContactKeys) and sensor.left_open:
            problem = (
                "each hub of [cluster] would send its own message; remove it, or write it in the settings of the node "
                "with the pin"
            )
            yield SettingIssue((*place, "left_open"), problem)
        for source in sources_of(sensor):
            if source.is_local:
                problem = (
                    f"{source.place} is read by this hub only, but [cluster] has several hubs; let a node publish "
                    'the sensor, and write node = "NAME" here'
                )
                yield SettingIssue((*place, source.key), problem)
        if isinstance(sensor, CounterTopicKeys) and sensor.mqtt is not None and sensor.counts == "messages":
            problem = "each hub of [cluster] would count the messages separately; publish a running total"
            yield issue_at((*place, "counts"), problem, '"total"')


def check_cluster_complete(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a budget per day, which hubs cannot share, and certificates without TLS."""
    cluster = settings.cluster
    if cluster is None:
        return
    for watch in resolve_watches(settings):
        if watch.resets_at is not None:
            place = (*watch.place, "budget", "resets_at")
            yield SettingIssue(place, "hubs of [cluster] share a budget of any 24 hours, not one per day; remove it")
    if cluster.ca_file and not cluster.url.startswith("rediss://"):
        problem = "ca_file has no effect without TLS"
        yield issue_at(("cluster", "url"), problem, '"rediss://HOST:PORT"')
