"""caro: a line in your own words, rewritten as the shell command, in place."""

__version__ = "0.1.0"
