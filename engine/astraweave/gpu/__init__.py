"""Devices, shaders, passes and the frame graph."""
