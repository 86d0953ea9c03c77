"""What the application's own code does, as far as reading tells: by ruff's security rules, and by rules of our own."""
