"""The power supply: a Pi that gets too little throttles, drops USB and network, and damages cards."""

from collections.abc import Iterator

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.subprocesses import output_of

# Of `vcgencmd get_throttled`; 16 bits higher: it happened since the start. (Raspberry Pi documentation, vcgencmd.)
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _HOT = 1, 2, 4, 8
_SINCE_START = 16
_SUPPLY = "use the supply made for this Pi, and a short thick cable"
_COOLING = "give it air or a heat sink"


def check_power(patient: CheckContext) -> Iterator[CheckResult]:
    """Ask the firmware, or else the kernel's alarm, whether the voltage is and was enough."""
    told = output_of("vcgencmd", "get_throttled")
    if told is not None and told.startswith("throttled=0x"):
        yield from throttled_findings(int(told.split("=")[1], 16))
        return
    for path in (patient.root / "sys/class/hwmon").glob("hwmon*"):
        try:
            if (path / "name").read_text().strip() != "rpi_volt":
                continue
            is_low = (path / "in0_lcrit_alarm").read_text().strip() != "0"
        except OSError:
            continue
        if is_low:
            yield CheckResult("power", WRONG, "the voltage is too low", _SUPPLY)
        else:
            yield CheckResult("power", OK, "the voltage is enough")
        return
    yield CheckResult("power", SKIPPED, "this machine does not tell its voltage (a Raspberry Pi does)")


def throttled_findings(bits: int) -> Iterator[CheckResult]:
    """Yield what the firmware's bits mean."""
    if bits & _UNDER_VOLTAGE:
        yield CheckResult("power", WRONG, "the voltage is too low", _SUPPLY)
    elif bits >> _SINCE_START & _UNDER_VOLTAGE:
        yield CheckResult("power", WARNING, "the voltage was too low since the start", _SUPPLY)
    if bits & (_CAPPED | _THROTTLED | _HOT) and not bits & _UNDER_VOLTAGE:
        yield CheckResult("power", WARNING, "it is hot and slowed down", _COOLING)
    elif bits >> _SINCE_START & _HOT:
        yield CheckResult("power", WARNING, "it was hot and slowed down since the start", _COOLING)
    if not bits:
        yield CheckResult("power", OK, "the voltage is and was enough, and it is not too hot")
