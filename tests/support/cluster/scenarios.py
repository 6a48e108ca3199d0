"""What random stories seldom meet: each scene is one way in which hubs have gone wrong elsewhere."""

from pushglance.core.events import UNKNOWN

from .world import CAPACITY


def a_hub_that_was_given_up_goes_on(world):
    """It was cut off, another one has taken over, and it has not heard of that."""
    world.lead("one")
    world.push("one")
    world.lead("two")
    world.push("two")
    world.push("one", is_told=False)


def a_hub_leads_again(world):
    """It lost its lease and has another one; what its loop decided under the first must not leave."""
    world.lead("one")
    world.push("one")
    world.lead("two")
    world.push("two")
    for other in ("two", "three"):
        world.expire(other)
    world.round("one")
    world.push("one", is_told=False)


def a_store_comes_back_empty(world):
    """The hub that spent everything dies with what the store knew of it."""
    for name in ("one", "two"):
        world.round(name)
    world.lead("one")
    for _ in range(CAPACITY):
        world.push("one")
    world.lose()
    world.kill("one")
    world.lead("two")
    for _ in range(CAPACITY):
        world.push("two")


def a_store_comes_back_older(world):
    """A copy from before the pushes is put back, and the hub that made them starts anew."""
    world.lead("one")
    world.copy()
    for _ in range(CAPACITY):
        world.push("one")
    world.lose()
    world.kill("one")
    world.lead("one")
    for _ in range(CAPACITY):
        world.push("one")


def a_hub_stood_still(world):
    """Its push arrives after that of the hub that took over; somebody has to find out."""
    world.lead("one")
    world.push("one", is_late=True)
    world.lead("two")
    world.push("two")
    world.arrive("one")


def a_push_is_long_on_its_way(world):
    """It arrives nine minutes after its claim, and its hub dies before it can say so."""
    world.lead("one")
    world.push("one", is_late=True)
    world.pass_hours(0.15)
    world.arrive("one", is_killed=True)
    world.lead("two")
    for _ in range(CAPACITY - 1):
        world.push("two")
    world.pass_hours(23.9)
    world.lead("two")
    world.push("two")


def nothing_is_sure(world):
    """Every push stays without an answer."""
    world.lead("one")
    for _ in range(CAPACITY + 2):
        world.push("one", outcome=UNKNOWN)


SCENES = (
    a_hub_that_was_given_up_goes_on,
    a_hub_leads_again,
    a_store_comes_back_empty,
    a_store_comes_back_older,
    a_hub_stood_still,
    a_push_is_long_on_its_way,
    nothing_is_sure,
)
