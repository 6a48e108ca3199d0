"""A copy of the Plan without secrets, for printing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, SecretsPlan

REDACTED = "redacted"


def redacted(plan: "Plan") -> "Plan":
    """Return a copy of the plan with every secret replaced by "redacted"."""
    secrets = plan["secrets"]
    shown: SecretsPlan = {
        "token": REDACTED,
        "users": dict.fromkeys(secrets["users"], REDACTED),
        "mqtt_password": REDACTED if secrets["mqtt_password"] else "",
    }
    if secrets.get("cluster_password"):
        shown["cluster_password"] = REDACTED
    if secrets.get("proxy"):
        shown["proxy"] = REDACTED
    if secrets.get("wifi_password"):
        shown["wifi_password"] = REDACTED
    return {**plan, "secrets": shown}
