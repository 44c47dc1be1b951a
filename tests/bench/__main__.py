"""`python -m tests.bench [part of a group's name …]`: measure and print. Import further modules of rows here."""

import sys

from tests.bench import calls, determinism, history, processor, running, window, workload
from tests.bench.table import show

assert calls
assert determinism
assert history
assert processor
assert running
assert window
assert workload
show(sys.argv[1:])
