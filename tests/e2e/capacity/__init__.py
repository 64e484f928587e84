"""Capacity under fire: many worker processes on one calendar, and a checker that knows nothing of the planner."""
