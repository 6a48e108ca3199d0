# Makes a Raspberry Pi of this guest: a GPIO chip with a Pi 4's label and number of lines, and an address.
set -eu
modprobe -a virtio_console virtio_net virtio_rng gpio-sim
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
bank=/sys/kernel/config/gpio-sim/pi/bank0
mkdir -p "$bank"
echo pinctrl-bcm2711 >"$bank/label"
echo 54 >"$bank/num_lines"
echo 1 >/sys/kernel/config/gpio-sim/pi/live
# No route beyond the host: nothing in here reaches the world.
card="$(ls /sys/class/net | grep -v '^lo$' | head -n 1)"
ip link set "$card" up
ip address add 10.0.2.15/24 dev "$card"
# A real Pi tells its model here; the unit in the guest has this bound over /proc/cpuinfo.
printf 'processor\t: 0\nmodel name\t: ARMv7 Processor rev 3 (v7l)\n\nHardware\t: BCM2835\nRevision\t: c03115\nSerial\t\t: 0\nModel\t\t: Raspberry Pi 4 Model B Rev 1.5\n' >/run/cpuinfo
