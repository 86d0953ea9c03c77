"""The types that every layer shares: exchanges, plans, findings, events, errors. No I/O, no framework."""
