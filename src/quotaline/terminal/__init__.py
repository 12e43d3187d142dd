"""What is printed for people: pure functions make lines of words and roles, `page` prints them."""
