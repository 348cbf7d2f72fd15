"""Deterministic planning: propositional tasks, heuristics and search, for GOAP and PDDL alike."""
