"""What a scan judges, one small module each."""
