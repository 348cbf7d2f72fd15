"""Drawing: culling, instanced meshes, pictures."""
