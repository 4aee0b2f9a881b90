"""For the administrator: jobs, mail, people, imports, the state of the machine."""
