"""Tests of what all actions have in common."""
