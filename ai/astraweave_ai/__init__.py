"""Minds for AstraWeave: percepts, actions, planners and behaviour trees, all deterministic."""
