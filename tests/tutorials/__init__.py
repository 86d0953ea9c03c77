"""Three frameworks' tutorials, written after their documentation, each with a test suite of its own."""
