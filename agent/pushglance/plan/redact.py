"""The Plan as it may be shown."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, SecretsPlan

REDACTED = "redacted"


def redacted(plan: "Plan") -> "Plan":
    """Return a copy with every secret replaced by "redacted"; the given plan stays as it is."""
    secrets = plan["secrets"]
    shown: SecretsPlan = {
        "token": REDACTED,
        "users": dict.fromkeys(secrets["users"], REDACTED),
        "mqtt_password": REDACTED if secrets["mqtt_password"] else "",
    }
    if secrets.get("cluster_password"):
        shown["cluster_password"] = REDACTED
    if secrets.get("wifi_password"):
        shown["wifi_password"] = REDACTED
    return {**plan, "secrets": shown}
