"""Comparisons with named peers in one run: each module is a command, `python -m bench.NAME --help`."""
