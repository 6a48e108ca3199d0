"""The whole settings file as one model: the sections, and the moment when everything wrong is told at once."""

from typing import Any, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pushglance.errors import SettingsError

from .checks import issues_across
from .errors.error_messages import issues_from
from .errors.issues import Place, SettingIssue
from .loading.layers import layers
from .loading.partial_load import salvage
from .tables.board import Board
from .tables.cluster import Cluster
from .tables.messages import Messages
from .tables.node import Node
from .tables.sensors import Sensor
from .tables.services import Budget, Clock, Gpio, Mqtt, Pushover, Simulation
from .tables.watches import Glance, Watch
from .values.values import SensorName, WatchName


class Settings(BaseSettings):
    """Hold everything that a user can say. Raises SettingsError.

    `Settings(toml=tree)` reads the environment, too; what was `typed` (a tree as well) is stronger than both.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    pushover: Pushover = Field(default_factory=Pushover, description="Where glances go and with which keys.")
    budget: Budget = Field(default_factory=Budget, description="How many pushes a watch is given.")
    messages: Messages = Field(
        default_factory=Messages, description="Who gets a message about what is left open, and how many a day."
    )
    mqtt: Mqtt | None = Field(
        default=None, description="The broker that has the topics; left out: no broker is connected."
    )
    node: Node | None = Field(
        default=None, description="What this agent tells the house by MQTT; left out: it publishes nothing."
    )
    cluster: Cluster | None = Field(
        default=None, description="What several hubs share; left out: this agent has its watches to itself."
    )
    gpio: Gpio = Field(default_factory=Gpio, description="How pins are read.")
    clock: Clock = Field(default_factory=Clock, description="When the time of day is believed.")
    simulation: Simulation | None = Field(
        default=None, description="Replace every pin and topic by lines that somebody writes; nothing real is read."
    )
    board: Board = Field(
        default_factory=Board, description="What only a Pico W or an ESP32 needs; a Raspberry Pi passes it over."
    )
    sensors: dict[SensorName, Sensor] = Field(default_factory=dict, description="The sensors by their names.")
    glance: Glance | None = Field(
        default=None, description="What the watch shows; for several watches see [watches.NAME]."
    )
    watches: dict[WatchName, Watch] = Field(
        default_factory=dict, description="Several watches by their names, instead of [glance]."
    )

    @property
    def only_publishes(self) -> bool:
        """Tell whether this is a node without a watch: it publishes its readings and pushes nothing."""
        has_watch = self.glance is not None or bool(self.watches)
        has_keys = self.pushover.token is not None or self.pushover.user is not None
        return self.node is not None and not has_watch and not has_keys

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return our own sources: what was typed, secret files, the environment, the TOML tree."""
        del env_settings, dotenv_settings, file_secret_settings
        given = init_settings()
        return layers(settings_cls, given.get("toml", {}), given.get("typed", {}))

    @model_validator(mode="wrap")
    @classmethod
    def _tell_everything(cls, tree: dict[str, Any], handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Check the values, then what they say together; what is sound is compared even if something else is not."""
        complaints: list[SettingIssue] = []
        broken: set[Place] = set()
        sound: Self | None
        try:
            sound = handler(tree)
        except ValidationError as error:
            complaints = issues_from(error, cls)
            sound, broken = salvage(handler, tree, error)
        if sound is not None:
            complaints += issues_across(sound, broken)
        if complaints or sound is None:
            raise SettingsError(_message(complaints, list(cls.model_fields)))
        return sound


def _message(complaints: list[SettingIssue], sections: list[str]) -> str:
    """Return one line for each complaint, in the order of the sections."""
    command = {section: position for position, section in enumerate(sections)}
    complaints.sort(key=lambda complaint: command.get(complaint.place[0], len(command)) if complaint.place else -1)
    return "\n".join(dict.fromkeys(complaint.line() for complaint in complaints))
