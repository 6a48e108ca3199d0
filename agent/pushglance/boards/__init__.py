"""Compile and deploy pushglance for a microcontroller: its root certificate, its folder of files, and the USB port."""
