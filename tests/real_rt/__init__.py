"""Tests against a real Request Tracker."""
