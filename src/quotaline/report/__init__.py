"""One report for every surface that tells all: the overview as types, as JSON, as OpenMetrics; what is missing, and why."""
