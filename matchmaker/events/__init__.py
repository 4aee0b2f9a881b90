"""Events: what kinds there are, how one is set up, announced, copied and called off."""
