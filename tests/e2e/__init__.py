"""Tests of a real Home Assistant with a real Request Tracker."""
