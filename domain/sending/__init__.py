"""How an email is composed, signed and handed to a server, and what the server's answer means."""
