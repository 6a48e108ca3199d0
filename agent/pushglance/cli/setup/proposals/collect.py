"""All proposals of what was heard: sorted by device, each value once, what is announced before what was only heard."""

from pushglance.errors import SettingsError
from pushglance.settings.loading.placeholders import with_placeholder_keys
from pushglance.settings.validation.validate import validate

from .availability import says_availability
from .ha_discovery import proposals_from_discovery
from .heard_values import proposals_from_messages
from .proposal import Heard, Keys, Proposal
from .topic_devices import device_namer
from .words import OPENINGS

_OPTIONAL = ("device_class", "unit", "availability", "decimals")


def collect(heard: Heard) -> list[Proposal]:
    """Return the proposals, openings first, then by device."""
    proposals: dict[tuple[str, ...], Proposal] = {}
    for proposal in (*proposals_from_discovery(heard), *proposals_from_messages(heard)):
        where = str(proposal.keys.get("where", ""))
        proposals.setdefault((*proposal.place, where), proposal)
    return sorted(proposals.values(), key=_order)


def silent_devices(heard: Heard, proposals: list[Proposal]) -> list[str]:
    """Return the devices whose availability was heard, and nothing else."""
    name = device_namer(heard)
    known = {proposal.keys.get("mqtt", "") for proposal in proposals}
    silent = []
    for topic, payload in heard.items():
        base = topic.rpartition("/")[0]
        if says_availability(topic, payload) and not any(one == base or one.startswith(f"{base}/") for one in known):
            device, _ = name(base)
            silent.append(device)
    return sorted({*silent})


def valid_keys(keys: Keys) -> Keys | None:
    """Return the keys without those optional ones that the settings refuse; None if they refuse the others, too."""
    for removed in ((), *((key,) for key in _OPTIONAL), ("device_class", "unit"), _OPTIONAL):
        rest = {key: value for key, value in keys.items() if key not in removed}
        tree = {"mqtt": {"host": "localhost"}, "sensors": {"sensor": rest}, "glance": {"title": "{sensor}"}}
        try:
            validate(with_placeholder_keys(tree))
        except SettingsError:
            continue
        return rest
    return None


def _order(proposal: Proposal) -> tuple[object, ...]:
    is_opening = proposal.keys.get("device_class") in OPENINGS
    return proposal.is_detail, not is_opening, proposal.device.lower(), proposal.aspect
