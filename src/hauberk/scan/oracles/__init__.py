"""How an answer proves something: pure functions of what came back."""
