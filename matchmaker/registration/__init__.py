"""Teams come to events: registration, admission, members and when they are free."""
