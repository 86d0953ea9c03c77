"""What drives a Plan: one object for each protocol, nothing between it and the application."""
