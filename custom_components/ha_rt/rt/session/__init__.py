"""Sessions of RT's web UI, which spare it the check of a token."""
