"""Real servers for the tests and the demo: Request Tracker and Home Assistant on 127.0.0.1."""
