"""The chips around the processor: as much PC as DOS programs need, driven by the instruction clock.

One file per chip; `devices.py` puts them on the bus. Nothing here looks at the host's time: a device is a function of
`machine.clock` and of what the guest wrote to its ports, so two runs of one program are the same run.
"""
