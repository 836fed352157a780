"""Images: named, kept by their content, unpacked into layers, imported and built."""
