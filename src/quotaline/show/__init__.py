"""What people see of the overview: pure functions make lines of words and roles, `page` prints them by rich."""
