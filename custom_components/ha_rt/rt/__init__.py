"""A client for Request Tracker's REST2, independent of Home Assistant."""
