"""Programs that measure, or try hard to break, what the project promises; each says how in its first lines."""
