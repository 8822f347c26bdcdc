"""Tests of what a report, a ticket and the options are."""
