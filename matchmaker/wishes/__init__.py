"""Who wants to meet whom: suggestions, choices of both sides, exclusions."""
