"""How good a mind is: scenarios as data, plans carried out in the world, scores and reports."""
