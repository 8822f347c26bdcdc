"""Tickets as actions read them."""
