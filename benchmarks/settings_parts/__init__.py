"""What `settings.py` compares: groups of settings, and the processes that run llama.cpp with each."""
