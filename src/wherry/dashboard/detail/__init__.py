"""What the pages about one thing have in common: which kinds have them, their tabs, and what each tab reads."""
