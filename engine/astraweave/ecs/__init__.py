"""Entities, components, commands, systems, checksums and recordings."""
