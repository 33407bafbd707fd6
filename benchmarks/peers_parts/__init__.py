"""What `peers.py` compares: the peers' commands and their server, each arm as a function of a sentence."""
