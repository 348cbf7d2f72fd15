"""Dialogue: graphs of what can be said, personas, and characters who talk and do what is asked."""
