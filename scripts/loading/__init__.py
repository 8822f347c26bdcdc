"""What a house full of trouble does to Home Assistant and to RT."""
