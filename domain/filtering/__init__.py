"""Filter rules and conditions: their fields, operators and periods, checked and evaluated."""
