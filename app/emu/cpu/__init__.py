"""The processor: Unicorn behind a small port. Nothing outside this package imports unicorn."""
