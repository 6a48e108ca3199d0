"""What is allowed and still worth a second look: warnings of `pushglance check`, never errors."""

from collections.abc import Iterator

from pushglance.settings import Settings
from pushglance.settings.mistakes import section
from pushglance.settings.sensors import Contact, Counter
from pushglance.settings.watches import shown_watches


def cautions(settings: Settings) -> Iterator[str]:
    """Yield one sentence for each thing that may not be meant."""
    used = {
        name
        for watch in shown_watches(settings)
        for _, template in watch.glance.templates()
        for name, _ in template.references()
    }
    if not settings.sensors:
        yield "there is no sensor, so the glance never changes; write [sensors.NAME]"
    for name, sensor in settings.sensors.items():
        if name not in used:
            yield f"no glance shows {name}; write {{{name}}} into a template, or remove {section(('sensors', name))}"
        if isinstance(sensor, (Contact, Counter)) and sensor.gpio is not None and sensor.pull == "none":
            yield (
                f"nothing holds GPIO{sensor.gpio} of {name} while its switch is open, so it floats and sees ghosts; "
                f'fit a resistor, or write pull = "up"'
            )
    if settings.simulation is not None:
        yield "this is a simulation: no pin and no broker is touched; remove [simulation] for the real world"
