"""What providers of data know of a contact: what is asked, what the answer means, what may be overwritten."""
