"""What the engine costs, measured against the bare servers under it in the same run: ``python -m benchmarks``."""
