"""What each action takes and does; services.py registers them."""
