"""The hold time model: how long states hold, and what showing one saves."""

from pushglance.core.sensors.hold_time_model import HoldTimeModel

MINUTE = 60_000
HOUR = 60 * MINUTE


def model_of(*holds_ms):
    """Return the model of a contact whose states held for these times in turn, and the present instant."""
    model, at_ms = HoldTimeModel(), 0
    model.change(1, 0)
    for number, hold_ms in enumerate(holds_ms):
        at_ms += hold_ms
        model.change(number % 2, at_ms)
    return model, at_ms


def test_long_holds_have_a_larger_estimate():
    """A door that stays open for an hour is worth showing; one that closes within seconds is not."""
    long, at_ms = model_of(*[HOUR, 10 * HOUR] * 20)
    long.change(1, at_ms + 10 * HOUR)
    brief, brief_ms = model_of(*[3000, 10 * HOUR] * 20)
    brief.change(1, brief_ms + 10 * HOUR)
    assert long.expected_hold_ms(at_ms + 10 * HOUR) > 10 * MINUTE
    assert brief.expected_hold_ms(brief_ms + 10 * HOUR) < 10_000


def test_estimate_grows_while_the_state_holds():
    """A state that has outlived the usual time is likely to hold even longer."""
    model, at_ms = model_of(*[3000, 10 * HOUR] * 20)
    model.change(1, at_ms + 10 * HOUR)
    start_ms = at_ms + 10 * HOUR
    worths = [model.expected_hold_ms(start_ms + held_ms) for held_ms in (0, 10_000, MINUTE, 10 * MINUTE, HOUR)]
    assert worths == sorted(worths)
    assert worths[-1] > 20 * worths[0]


def test_estimate_is_constant_until_the_next_change():
    """Between now and `next_change_ms` the estimate stays, so no earlier check is needed."""
    model, at_ms = model_of(*[5000, HOUR] * 9)
    now_ms = at_ms
    for _ in range(15):
        edge_ms = model.next_change_ms(now_ms)
        assert edge_ms > now_ms
        assert model.expected_hold_ms(now_ms) == model.expected_hold_ms(edge_ms - 1)
        now_ms = edge_ms


def test_flapping_is_distinguished_from_an_ordinary_opening():
    """After brief states brief ones are expected; after a calm hour the same door is expected to stay."""
    model, at_ms = HoldTimeModel(), 0
    for _ in range(15):
        for level, hold_ms in ((1, HOUR), (0, 4000), (1, 4000), (0, 4000), (1, 4000), (0, 5 * HOUR)):
            model.change(level, at_ms)
            at_ms += hold_ms
    model.change(1, at_ms)
    calm_ms = model.expected_hold_ms(at_ms)
    model.change(0, at_ms + 4000)
    model.change(1, at_ms + 8000)
    assert calm_ms > 20 * model.expected_hold_ms(at_ms + 8000)


def test_change_is_calm_after_a_minute():
    """A change is calm if the previous state held for a minute; the first change always is."""
    model = HoldTimeModel()
    model.change(1, 0)
    assert model.is_calm
    model.change(0, MINUTE - 1)
    assert not model.is_calm
    model.change(1, 2 * MINUTE)
    assert model.is_calm


def test_learnt_counts_survive_a_restart():
    """A restored model gives the same estimate; invalid data is dropped."""
    model, _ = model_of(*[HOUR, 3000] * 20)
    again = HoldTimeModel()
    again.restore(model.state())
    assert again.state() == model.state()
    again.restore([1, 2, 3])
    assert again.state() == model.state()
