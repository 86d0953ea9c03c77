"""The first ring: response headers, cookies, errors. One feature a file; each is its options and knows its steps."""
