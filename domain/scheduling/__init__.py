"""When each email goes: delays, windows, holidays and zones, and the room that mailboxes and caps leave."""
