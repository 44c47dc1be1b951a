"""The DPMI host: what it is and does. How a program asks for it is in `app.emu.int31`."""
