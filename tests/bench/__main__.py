"""`python -m tests.bench [part of a group's name …]`: measure and print. Import further modules of rows here."""

import sys

from tests.bench import processor, running, window
from tests.bench.table import show

assert processor
assert running
assert window
show(sys.argv[1:])
