"""A real browser as a part of the scan: it reaches what scripts show, and proves what scripts run."""
