"""What the guide's site is made of beside `docs/`: pages that are written from the code itself."""
