"""The parts of `fuzz.py`: what is tried, what it begins with, and the bugs that prove it."""
