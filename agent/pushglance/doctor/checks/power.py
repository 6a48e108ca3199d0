"""Check the power supply: at too low a voltage a Pi throttles, drops USB and network, and damages SD cards."""

from collections.abc import Iterator

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.subprocesses import output_of

# Bits of `vcgencmd get_throttled`; the same bits 16 places higher: since boot. (Raspberry Pi documentation, vcgencmd.)
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _HOT = 1, 2, 4, 8
_SINCE_BOOT = 16
_SUPPLY_HINT = "use the supply made for this Pi, and a short thick cable"
_COOLING_HINT = "improve the airflow or add a heat sink"


def check_power(context: CheckContext) -> Iterator[CheckResult]:
    """Ask the firmware, or else the kernel's alarm, whether the voltage is and was high enough."""
    output = output_of("vcgencmd", "get_throttled")
    if output is not None and output.startswith("throttled=0x"):
        yield from throttling_results(int(output.split("=")[1], 16))
        return
    for path in (context.root / "sys/class/hwmon").glob("hwmon*"):
        try:
            if (path / "name").read_text().strip() != "rpi_volt":
                continue
            is_low = (path / "in0_lcrit_alarm").read_text().strip() != "0"
        except OSError:
            continue
        if is_low:
            yield CheckResult("power", WRONG, "the voltage is too low", _SUPPLY_HINT)
        else:
            yield CheckResult("power", OK, "the voltage is high enough")
        return
    yield CheckResult("power", SKIPPED, "this machine does not report its voltage (a Raspberry Pi does)")


def throttling_results(bits: int) -> Iterator[CheckResult]:
    """Yield what the bits of `vcgencmd get_throttled` mean; a present problem hides the same one in the past."""
    if bits & _UNDER_VOLTAGE:
        yield CheckResult("power", WRONG, "the voltage is too low", _SUPPLY_HINT)
    elif bits >> _SINCE_BOOT & _UNDER_VOLTAGE:
        yield CheckResult("power", WARNING, "the voltage was too low at some time since boot", _SUPPLY_HINT)
    if bits & (_CAPPED | _THROTTLED | _HOT) and not bits & _UNDER_VOLTAGE:
        yield CheckResult("power", WARNING, "the Pi is hot and slowed down", _COOLING_HINT)
    elif bits >> _SINCE_BOOT & _HOT:
        yield CheckResult("power", WARNING, "the Pi was hot and slowed down at some time since boot", _COOLING_HINT)
    if not bits:
        yield CheckResult("power", OK, "the voltage is and was high enough, and the Pi is not too hot")
