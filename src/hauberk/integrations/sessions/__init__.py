"""The frameworks' own doors to a session: what stands behind them is the same one."""
