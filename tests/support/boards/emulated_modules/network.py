"""network of the board emulator: WiFi that is always connected."""

STA_IF = 0
STAT_CONNECTING = 1
STAT_WRONG_PASSWORD = -3
STAT_NO_AP_FOUND = -2


def country(code):
    pass


class WLAN:
    PM_NONE = 0

    def __init__(self, interface):
        pass

    def active(self, is_on):
        pass

    def config(self, pm):
        pass

    def connect(self, ssid, password):
        pass

    def disconnect(self):
        pass

    def status(self):
        return STAT_CONNECTING

    def isconnected(self):
        return True

    def ifconfig(self):
        return ("10.0.0.2", "255.255.255.0", "10.0.0.1", "10.0.0.1")
