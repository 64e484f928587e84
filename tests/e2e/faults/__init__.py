"""Faults at every phase of SMTP, met by real workers; what was sent twice or lost is counted by the server's books."""
