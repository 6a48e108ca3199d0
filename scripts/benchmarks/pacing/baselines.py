"""The compared policies: what other programs do, and what was tried before the policy of the core."""

from collections.abc import Callable

from pushglance.replay.simple_policies.policies import SIMPLE_POLICIES
from pushglance.replay.simple_policies.screen import Policy

from .price_policies import FixedPrice, MovingPrice, ProfilePrice

FIXED_PRICES = (2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0)
FIXED_PRICE = 80.0  # the best single price for all workloads together

# Policies by their names in the tables; each trace gets a new instance.
BASELINES: dict[str, Callable[[], Policy]] = SIMPLE_POLICIES | {
    "fixed price of staleness": lambda: FixedPrice(FIXED_PRICE),
    "moving price, eta 0.4": MovingPrice,
    "moving price, eta 0.25": lambda: MovingPrice(0.25),
    "price from a learnt daily profile": ProfilePrice,
    "learnt daily profile + 12 urgent at any price": lambda: ProfilePrice(12),
}
