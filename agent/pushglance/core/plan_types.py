"""Types of the Plan, the only configuration that a runtime reads: plain JSON of ints and strings.

Settings are compiled to a Plan on a computer; the daemon and boards read the same Plan. A quantity is an int in the
unit at the end of its name, a choice is a short string, a boolean is 1 or 0. Sequences are lists, because dicts have
no order on MicroPython. The types are for type checkers only and cost a board nothing.
"""

TYPE_CHECKING = False  # boards have no typing; type checkers treat this name as true
if TYPE_CHECKING:
    from typing import Any, NotRequired, TypedDict

    # A template part: a literal string, or [sensor, attribute], where "" is the plain value; a third string is shown
    # while the value is unknown.
    Part = str | list[str]

    class ValidPlan(TypedDict):
        """The values that a sensor can have, scaled like them; others are ignored and counted."""

        min: NotRequired[int]
        max: NotRequired[int]
        max_step: NotRequired[int]  # a larger difference to the last value counts only if it lasts

    class RatePlan(TypedDict):
        """How the rate of a counter is computed, in ints scaled by 10 ** decimals."""

        per_ms: int  # the unit of time
        over_ms: int  # from how much time
        factor: int  # rate = counted * factor / divisor for each unit of time
        divisor: int
        decimals: int

    class AvailabilityPlan(TypedDict):
        """The topic that says whether the device of a sensor is reachable."""

        topic: str
        pointer: str  # "": the payload is the word, or a JSON object with it at /state
        online: NotRequired[list[str]]  # lower-case words; left out: the default of core/wire/availability.py
        offline: NotRequired[list[str]]

    class SensorPlan(TypedDict):
        """One sensor. Keys after `retained` exist for the kinds and sources in the comment above them."""

        name: str
        kind: str  # a row of core/sensors/build.py: "contact" | "counter" | "gauge" | "text"
        source: str  # a row of runtime/inputs/sources.py: "gpio" | "mqtt"
        urgent: int  # 1: a change may skip the spacing, never the budget
        share: int  # percent of a watch's budget that pushes for this sensor may spend, 1 to 100; 100 if it is alone
        weight: int  # millionths: cost of each second of staleness; 1 000 000 is usual for an urgent contact
        retained: str  # "baseline" | "news" | "ignore"

        age: NotRequired[int]  # 1: a template shows how old the value is

        # contact
        settle_open_ms: NotRequired[int]  # how long "open" must hold before it counts
        settle_closed_ms: NotRequired[int]
        open: NotRequired[str]  # the word shown, up to 100 characters
        closed: NotRequired[str]
        threshold: NotRequired[list[int]]  # [limit, hysteresis, 1 if open is above it], in millionths
        hold_ms: NotRequired[int]  # how long it stays open after it was open last
        since: NotRequired[str]  # JSON pointer to the time of the change in a message

        # counter, gauge
        significant_change: NotRequired[int]  # scaled like its values: off by this much counts as fully wrong

        # counter
        resets: NotRequired[str]  # "daily" at local midnight | "never"
        width_us: NotRequired[int]  # gpio: a level shorter than this is bounce
        edges: NotRequired[str]  # gpio: "both" if each change of level is a pulse
        dead_ms: NotRequired[int]  # pulses that follow one another within this time are one
        counts: NotRequired[str]  # "messages" (each is one pulse) | "total" (running totals) | "increments"
        count_payloads: NotRequired[list[str]]  # messages: lower-case words that are pulses; absent: all but empty ones
        rate: NotRequired["RatePlan"]  # for the attribute "rate"

        # counter, gauge: values are ints scaled by 10 ** decimals
        decimals: NotRequired[int]  # 0..6; of a counter only if it has some
        linear: NotRequired[list[int]]  # [factor, offset, divisor]: shown = (sent * factor + offset) / divisor
        valid: NotRequired["ValidPlan"]
        deadband: NotRequired[int]  # scaled; a smaller change is ignored
        low: NotRequired[int]  # scaled; the value of 0 percent
        high: NotRequired[int]  # scaled; the value of 100 percent

        # text
        length: NotRequired[int]  # characters kept, 1..100
        map: NotRequired[dict[str, str]]  # lower-case payload: what is shown for it

        # group
        members: NotRequired[list[str]]  # names of sensors that are no groups
        labels: NotRequired[list[str]]  # how `names` shows them
        combine: NotRequired[str]  # "any_open" | "count" | "names" | "sum" | "min" | "max" | "mean" | "door"
        open_one: NotRequired[str]  # of any_open: the word while a single member is open
        moving: NotRequired[str]  # of a door
        ignores_unknown: NotRequired[int]  # 1: members that are unknown do not count

        # gpio
        gpio: NotRequired[int]  # BCM number
        pull: NotRequired[str]  # "up" | "down" | "none"
        open_level: NotRequired[int]  # contact: the electrical level (0, 1) that means open
        active_level: NotRequired[int]  # counter: the electrical level of a pulse

        # file
        file: NotRequired[str]  # the whole path, * may stand for a part of a name
        every_ms: NotRequired[int]  # how often it is read

        # mqtt
        stale_ms: NotRequired[int]  # how long without a value until it is unknown; 0 or left out: for ever
        availability: NotRequired[AvailabilityPlan]
        unknown_payloads: NotRequired[list[str]]  # lower-case words; left out: the default of core/wire/payload.py
        topic: NotRequired[str]  # a topic filter, wildcards allowed
        node: NotRequired[str]  # the node that publishes the topic; while it is offline, the reading is unknown
        status_topic: NotRequired[str]  # with `node`: the topic on which it publishes "online" or "offline"
        qos: NotRequired[int]
        pointer: NotRequired[str]  # JSON pointer (RFC 6901) into the payload; "" takes the payload as it is
        where: NotRequired[list[tuple[str, list[str]]]]  # [pointer, words]: only messages with one of the words there
        payload_unit: NotRequired[str]  # a unit that may follow the number in a payload
        decimal_comma: NotRequired[int]  # 1: a comma in the number is its decimal point
        open_payloads: NotRequired[list[str]]  # contact: lower-case words that mean open
        closed_payloads: NotRequired[list[str]]

    class FieldPlan(TypedDict):
        """One glance field and the template that fills it."""

        name: str  # "title" | "text" | "subtext" | "count" | "percent"
        parts: list[Part]

    class PushTargetPlan(TypedDict):
        """A receiver of pushes: a (user, device) with its own budget."""

        name: str
        account: str  # hash of the user key: it identifies the budget, also after a watch was renamed
        device: str  # "" is every device of the user
        fingerprint: str  # hash of what a refusal depends on: keys, device, URL, templates
        pushes: int  # allowed in any 24 hours, 0..50

    class WatchPlan(PushTargetPlan):
        """One watch, which shows a glance."""

        spacing_ms: int  # wanted gap between pushes that are not urgent
        pacing: str  # "price" | "spacing": see core/pacing/policy.py
        resets_at_s: int  # -1: the budget counts any 24 hours; else days that begin so many seconds after midnight
        fields: list[FieldPlan]

    class LeftOpenPlan(TypedDict):
        """A contact that gives a message if it is left open."""

        sensor: str
        after_ms: int  # how long it must have been open
        message: str  # up to 1024 characters
        closed: str  # message when it is closed again
        priority: int  # -2..1, Pushover's priorities

    class MessagesPlan(PushTargetPlan):
        """The receiver of messages, named "messages" (not allowed for a watch), with its own budget."""

        left_open: list[LeftOpenPlan]

    class MqttPlan(TypedDict):
        """The broker; the password is under `secrets`."""

        host: str
        port: int
        version: str  # "auto" | "3.1.1" | "5"
        username: str  # "": none
        client_id: str
        keepalive_s: int
        outage_ms: int  # how long the broker may be away until the values of its topics are unknown
        tls: int
        ca_file: str  # "": the certificates of the system
        cert_file: str  # "": no client certificate
        key_file: str

    class NodePlan(TypedDict):
        """What this agent publishes: `root`/sensor/NAME and then `root`/status, both retained."""

        name: str
        root: str  # "pushglance/garage-pi"
        announcement_topic: str  # the discovery topic of Home Assistant for this node
        announcement: str  # its payload, JSON; "" removes an earlier one
        birth_topic: str  # where Home Assistant publishes "online"
        commands: list[str]  # allowed under `root`/command: "push-now", "pause", "set-total"

    class PushoverPlan(TypedDict):
        """The Pushover server; the token is under `secrets`."""

        url: str  # without a trailing slash, e.g. "https://api.pushover.net"
        connect_ms: int
        read_ms: int
        ca_file: str  # "": the certificates of the system
        proxy: NotRequired[str]  # without its login, e.g. "http://proxy.example:3128"; "" or missing: none

    class GpioPlan(TypedDict):
        """The pin factory; always named, so that gpiozero never falls back silently to another one."""

        factory: str  # "lgpio" | "rpigpio" | "pigpio" | "native" | "mock"

    class BoardPlan(TypedDict):
        """Settings that only a board needs: network, clock, LED and root certificate."""

        kind: str  # the folder in boards/, e.g. "pico_w"
        ssid: str
        country: str  # two letters; "": the board chooses the channels
        hostname: str  # by which the router lists the board
        ntp: str  # host of the time server
        zone: list[list[int]]  # [from_unix_s, utc_offset_s], earliest first
        led: str  # "LED", a pin's number, or "" for none
        root_until_s: int  # Unix time at which the last packed root certificate expires; 0: none is needed

    class PagePlan(TypedDict):
        """What the status page shows and nothing else needs."""

        actions: list[str]  # its buttons: "push-now", "pause"
        classes: dict[str, str]  # sensor -> device class, as in Home Assistant
        units: dict[str, str]  # sensor -> unit

    class ClusterPlan(TypedDict):
        """The store that hubs share; its password is under `secrets`."""

        url: str  # redis://, rediss:// or unix://
        username: str  # "": none
        hub: str  # name of this hub for people
        lease_ms: int
        trust: str  # "checked": the store must report that it is durable | "always": the user takes responsibility
        replicas: int  # how many copies must hold a debit before its push leaves
        ca_file: str  # "": the certificates of the system

    class SecretsPlan(TypedDict):
        """Values that must never be printed."""

        token: str
        users: dict[str, str]  # watch name, or "messages" -> user key
        mqtt_password: str  # "": none
        cluster_password: NotRequired[str]  # "": none
        proxy: NotRequired[str]  # the whole URL of a proxy that needs a login; "" or missing: none
        wifi_password: NotRequired[str]  # of a board; "": an open network

    class Plan(TypedDict):
        """Everything a runtime needs to know."""

        version: int  # PLAN_VERSION
        sensors: list[SensorPlan]
        watches: list[WatchPlan]
        messages: MessagesPlan | None  # None: no contact has left_open
        pushover: PushoverPlan
        mqtt: MqttPlan | None  # None: no broker
        node: NodePlan | None  # None: nothing is published
        gpio: GpioPlan
        clock: str  # "synchronised": trust wall time once the kernel reports it as synchronised | "always"
        hand: str  # path of a FIFO with commands for simulated pins and topics; "": none
        log_level: NotRequired[str]  # "debug" | "warning" | "error"; without it "info"
        page: NotRequired[PagePlan]  # not in a board's Plan
        cluster: NotRequired[ClusterPlan]  # only if several hubs share watches
        board: NotRequired[BoardPlan]  # only in a board's Plan
        secrets: SecretsPlan

    # What a store returns at start. See `decider.Decider`.
    Memory = dict[str, Any]

PLAN_VERSION = 2
