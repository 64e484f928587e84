"""What recipients and providers did with an email, and how a sequence fares by it."""
