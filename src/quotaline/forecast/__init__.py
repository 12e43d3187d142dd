"""What readings over time tell: what was spent and how fast, and how full a window will be at its reset."""
