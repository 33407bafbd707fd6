"""What `press.py` measures: the client, the shell's start, and the whole key press."""
