"""What a report, a ticket and the options are, without asking anybody."""
