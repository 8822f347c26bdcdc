"""What happens to the tickets of a queue."""
