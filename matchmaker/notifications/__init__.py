"""What happened and concerns me: an inbox, and mail for decisions."""
