"""What a report is made of besides what the caller says."""
