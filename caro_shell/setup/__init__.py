"""Who is to answer: asked page by page or told by flags, tried, written to the file, and checked later on."""
