# Give this guest a GPIO chip with a Pi 4's label and number of lines, and a network address.
# shellcheck shell=bash
set -eu
modprobe -a virtio_console virtio_net virtio_rng gpio-sim
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
bank=/sys/kernel/config/gpio-sim/pi/bank0
mkdir -p "$bank"
echo pinctrl-bcm2711 >"$bank/label"
echo 54 >"$bank/num_lines"
echo 1 >/sys/kernel/config/gpio-sim/pi/live
# The host is the only route, so the guest cannot reach the internet.
card="$(find /sys/class/net -mindepth 1 ! -name lo -printf '%f\n' | head -n 1)"
ip link set "$card" up
ip address add 10.0.2.15/24 dev "$card"
# On a real Pi /proc/cpuinfo names the model. The unit in the guest mounts this file over it.
printf 'processor\t: 0\nmodel name\t: ARMv7 Processor rev 3 (v7l)\n\nHardware\t: BCM2835\nRevision\t: c03115\nSerial\t\t: 0\nModel\t\t: Raspberry Pi 4 Model B Rev 1.5\n' >/run/cpuinfo
