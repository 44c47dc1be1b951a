"""Guest memory: the physical buffer, the page tables in it, and where the host's own structures lie."""
