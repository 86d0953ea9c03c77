"""What the differential fuzzer of SQL is made of: texts and templates, and engines that run them."""
