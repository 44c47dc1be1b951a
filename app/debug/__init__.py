"""What a debugger adds to the machine: verbs, breakpoints, snapshots, sentences. No Qt."""
