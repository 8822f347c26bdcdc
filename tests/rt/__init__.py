"""Tests of the RT client."""
