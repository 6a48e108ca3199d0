"""The settings as one model: the tables of the file by their names."""

from pydantic import Field

from .tables.board import Board
from .tables.cluster import Cluster
from .tables.messages import Messages
from .tables.node import Node
from .tables.sensors import Sensor
from .tables.services import Budget, Clock, Gpio, Log, Mqtt, Pushover, Simulation
from .tables.table import Table
from .tables.watches import Glance, Watch
from .tables.web import Web
from .values.names import SensorName, WatchName


class Settings(Table):
    """All settings. `load_settings` reads and checks them."""

    pushover: Pushover = Field(default_factory=Pushover, description="The Pushover server and your keys.")
    budget: Budget = Field(default_factory=Budget, description="The number of pushes that each watch gets.")
    messages: Messages = Field(
        default_factory=Messages,
        description="The receiver of messages about contacts left open, and their daily limit.",
    )
    mqtt: Mqtt | None = Field(default=None, description="The MQTT broker; left out: no broker is used.")
    node: Node | None = Field(
        default=None,
        description="The name and topics under which this agent publishes by MQTT; left out: it publishes nothing.",
    )
    cluster: Cluster | None = Field(
        default=None,
        description="The store that several hubs share; left out: this agent is the only one for its watches.",
    )
    gpio: Gpio = Field(default_factory=Gpio, description="The library that reads the pins.")
    clock: Clock = Field(default_factory=Clock, description="The condition under which the time of day is trusted.")
    log: Log = Field(default_factory=Log, description="How much the agent logs.")
    web: Web = Field(default_factory=Web, description="The buttons on the status page.")
    simulation: Simulation | None = Field(
        default=None, description="Simulate every pin and topic by lines of a FIFO; nothing real is read."
    )
    board: Board = Field(
        default_factory=Board, description="The keys that only a Pico W or an ESP32 needs; a Raspberry Pi ignores them."
    )
    sensors: dict[SensorName, Sensor] = Field(default_factory=dict, description="The sensors by their names.")
    glance: Glance | None = Field(
        default=None, description="What the watch shows; for several watches see [watches.NAME]."
    )
    watches: dict[WatchName, Watch] = Field(
        default_factory=dict, description="Several watches by their names, instead of [glance]."
    )

    @property
    def is_publish_only(self) -> bool:
        """Return True for a node without a watch: it publishes its readings and pushes nothing."""
        has_watch = self.glance is not None or bool(self.watches)
        has_keys = self.pushover.token is not None or self.pushover.user is not None
        return self.node is not None and not has_watch and not has_keys
