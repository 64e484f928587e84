"""What is said of a contact: its address, phone, country and zone; how it is written, and two are made one."""
