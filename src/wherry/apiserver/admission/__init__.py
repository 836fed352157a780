"""Rules that may complete or refuse an object before it is stored: one file each."""
