"""Tests of what actions read."""
