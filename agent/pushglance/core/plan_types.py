"""The Plan: the only thing a runtime reads, as plain JSON of ints and strings.

Settings are compiled to a Plan on a computer; the same Plan is read by the daemon and by a board. Every quantity is
an int in the unit that its name ends with, every choice a short string, every yes or no a 0 or 1. Lists keep their
order (MicroPython's dicts have none). These types are for type checkers only and cost a board nothing.
"""

TYPE_CHECKING = False  # boards have no typing; checkers take any name called so as true
if TYPE_CHECKING:
    from typing import Any, NotRequired, TypedDict

    # A template part: a literal string, or [sensor, attribute], where "" is the plain value.
    Part = str | list[str]

    class SensorPlan(TypedDict):
        """One sensor. Keys after `retained` exist for the kinds and sources named beside them."""

        name: str
        kind: str  # "contact" | "counter" | "gauge" | "text"
        source: str  # "gpio" | "mqtt"
        urgent: int  # 1: a change may skip the spacing, never the budget
        share: int  # percent of a watch's budget that pushes for it may spend, 1 to 100, where others are shown too
        weight: int  # millionths: what each second of being wrong about it costs; 1 000 000 is an urgent contact's
        retained: str  # "baseline" | "news" | "ignore"

        # contact
        settle_open_ms: NotRequired[int]  # how long "open" must hold still before it counts
        settle_closed_ms: NotRequired[int]
        open: NotRequired[str]  # the word shown, up to 100 characters
        closed: NotRequired[str]

        # counter, gauge
        significant_change: NotRequired[int]  # scaled like its values: off by this much counts as fully wrong

        # counter
        resets: NotRequired[str]  # "daily" at local midnight | "never"
        width_us: NotRequired[int]  # gpio: a level shorter than this is bounce
        counts: NotRequired[str]  # mqtt: "messages" (each is one pulse) | "total" (the payload is a running total)

        # gauge: values are ints scaled by 10 ** decimals
        decimals: NotRequired[int]  # 0..6
        deadband: NotRequired[int]  # scaled; a smaller move is no reading
        low: NotRequired[int]  # scaled; what percent calls 0
        high: NotRequired[int]  # scaled; what percent calls 100

        # text
        length: NotRequired[int]  # characters kept, 1..100

        # gauge, text
        stale_ms: NotRequired[int]  # 0: never stale

        # gpio
        gpio: NotRequired[int]  # BCM number
        pull: NotRequired[str]  # "up" | "down" | "none"
        open_level: NotRequired[int]  # contact: the electrical level (0, 1) that means open
        active_level: NotRequired[int]  # counter: the electrical level of a pulse

        # mqtt
        topic: NotRequired[str]  # a topic filter, wildcards allowed
        node: NotRequired[str]  # whose reading the topic carries; it is unknown while that node is away
        status_topic: NotRequired[str]  # with `node`: where that says "online" or "offline"
        qos: NotRequired[int]
        pointer: NotRequired[str]  # JSON pointer (RFC 6901) into the payload; "" takes the payload as it is
        open_payloads: NotRequired[list[str]]  # contact: lower-case words that mean open
        closed_payloads: NotRequired[list[str]]

    class FieldPlan(TypedDict):
        """One glance field and the template that fills it."""

        name: str  # "title" | "text" | "subtext" | "count" | "percent"
        parts: list[Part]

    class ReceiverPlan(TypedDict):
        """Who is pushed to: a (user, device) with its own budget."""

        name: str
        account: str  # hash of the user key: whose budget this is, whatever the watch is called
        device: str  # "" is every device of the user
        fingerprint: str  # hash of what a refusal depends on: keys, device, URL, templates
        pushes: int  # allowed in any 24 hours, 0..50

    class WatchPlan(ReceiverPlan):
        """One watch, which shows a glance."""

        spacing_ms: int  # wanted gap between pushes that are not urgent
        pacing: str  # "price" | "spacing": see `pacing`
        resets_at_s: int  # -1: the budget is of any 24 hours; else of a day that begins so long after local midnight
        fields: list[FieldPlan]

    class LeftOpenPlan(TypedDict):
        """A contact whose being left open is worth a message."""

        sensor: str
        after_ms: int  # how long it must have been open
        message: str  # up to 1024 characters
        closed: str  # told when it is closed again
        priority: int  # -2..1, as Pushover has them

    class MessagesPlan(ReceiverPlan):
        """Who gets messages, called "messages" (as no watch may be): booked as a watch's pushes are."""

        left_open: list[LeftOpenPlan]

    class MqttPlan(TypedDict):
        """The broker; the password is under `secrets`."""

        host: str
        port: int
        version: str  # "auto" | "3.1.1" | "5"
        username: str  # "" is none
        client_id: str
        keepalive_s: int
        tls: int
        ca_file: str  # "" is the system's certificates
        cert_file: str  # "" is no client certificate
        key_file: str

    class NodePlan(TypedDict):
        """What this agent publishes: `root`/sensor/NAME and `root`/status, both retained, the status last."""

        name: str
        root: str  # "pushglance/garage-pi"
        announcement_topic: str  # where Home Assistant looks for this node
        announcement: str  # what it finds there, JSON; "" takes back what an earlier one said
        birth_topic: str  # where Home Assistant says that it is "online"
        commands: list[str]  # what may be asked for under `root`/command: "push-now", "pause", "set-total"

    class PushoverPlan(TypedDict):
        """Where glances go; the token is under `secrets`."""

        url: str  # without a trailing slash, e.g. "https://api.pushover.net"
        connect_ms: int
        read_ms: int
        ca_file: str  # "" is the system's certificates

    class GpioPlan(TypedDict):
        """Which pin factory; always named, so that gpiozero never falls back silently to another one."""

        factory: str  # "lgpio" | "rpigpio" | "pigpio" | "native" | "mock"

    class BoardPlan(TypedDict):
        """What only a board needs: its network, its clock, its LED and its one root certificate."""

        kind: str  # the folder in boards/, e.g. "pico_w"
        ssid: str
        country: str  # two letters, "" leaves the channels to the board
        ntp: str  # host of the time server
        zone: list[list[int]]  # [from_unix_s, utc_offset_s], earliest first
        led: str  # "LED", a pin's number, or "" for none
        root_until_s: int  # Unix time at which the packed root certificate ends; 0 where none is needed

    class ClusterPlan(TypedDict):
        """The store that hubs share; its password is under `secrets`."""

        url: str  # redis://, rediss:// or unix://
        username: str  # "" is none
        hub: str  # what people call this hub
        lease_ms: int
        trust: str  # "checked": the store must say that it keeps what it was told | "always": somebody vouches for it
        replicas: int  # how many copies must hold a debit before its push leaves
        ca_file: str  # "" is the system's certificates

    class SecretsPlan(TypedDict):
        """What must never be printed."""

        token: str
        users: dict[str, str]  # watch name, or "messages" -> user key
        mqtt_password: str  # "" is none
        cluster_password: NotRequired[str]  # "" is none
        wifi_password: NotRequired[str]  # a board's; "" is an open network

    class Plan(TypedDict):
        """Everything a runtime needs to know."""

        version: int  # PLAN_VERSION
        sensors: list[SensorPlan]
        watches: list[WatchPlan]
        messages: MessagesPlan | None  # None: no contact wants any
        pushover: PushoverPlan
        mqtt: MqttPlan | None  # None: no broker is connected
        node: NodePlan | None  # None: nothing is published
        gpio: GpioPlan
        clock: str  # "synchronised": trust wall time once the kernel says so | "always"
        hand: str  # path of a FIFO whose lines move mock pins and topics; "" is none
        cluster: NotRequired[ClusterPlan]  # only where several hubs share watches
        board: NotRequired[BoardPlan]  # only in a board's Plan
        secrets: SecretsPlan

    # What a store gives back at start. See `decider.Decider`.
    Memory = dict[str, Any]

PLAN_VERSION = 2
