"""The configurations of other status lines, read and said again as a preset of ours."""
