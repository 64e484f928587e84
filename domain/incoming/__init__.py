"""What a message that came in is: a complaint, a bounce, an automatic answer, or a person's reply."""
