"""The tickets of dedup keys: looked up, decided on and written."""
