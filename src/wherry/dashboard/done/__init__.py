"""The pieces of the Done board's pages: what was tried as a picture, what is left, what is waived, how it went on."""
