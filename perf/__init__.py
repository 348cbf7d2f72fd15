"""What the engine costs: workloads, measurements, results and budgets; never part of the tests."""
