"""Backends whose model is behind HTTP: Ollama, and whatever speaks OpenAI's completions."""
