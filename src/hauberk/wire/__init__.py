"""Pure parsers and serialisers of what goes over the wire. Any input gives a value or our own error."""
