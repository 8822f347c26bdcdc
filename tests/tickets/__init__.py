"""Tests of what is done with the tickets of dedup keys."""
