"""`python -m tests.bench [part of a group's name …]`: measure and print. Import further modules of rows here."""

import sys

from tests.bench import processor
from tests.bench.table import show

assert processor
show(sys.argv[1:])
