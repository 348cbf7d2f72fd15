"""Running scenes: headless or in a window."""
