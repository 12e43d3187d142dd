"""What people see of the overview and of the segments: pure functions make lines of words and roles, `page` prints them."""
