"""What the integration costs over the requests that RT has to answer anyway."""
