"""The usage report as types, as JSON and as OpenMetrics text."""
