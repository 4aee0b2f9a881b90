"""The day itself: arrivals, meetings as they happen, standby, the wall, reports."""
