"""Language models as minds: asked beside the simulation, checked by the guard."""
