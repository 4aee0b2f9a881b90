"""How good the matching is: measured on judged pairs, and seen in what organisers decide."""
