"""People and organisations: signing up and in, verification, sessions."""
