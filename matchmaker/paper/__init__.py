"""What an event puts on paper and into calendars: PDF, ICS, xlsx, one package for all."""
