"""Sessions of RT's web UI, so that RT does not check the token for every request."""
