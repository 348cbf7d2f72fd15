"""Simulation modules, each the twin of shaders under wgsl/sim."""
