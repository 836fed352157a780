"""The sentences of `wherry why`."""
