"""The same faults of configuration in one small application a framework, and the twin that has none of them."""
