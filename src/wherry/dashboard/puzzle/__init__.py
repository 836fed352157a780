"""The map of contracts: where each piece lies, and how the pieces and what joins them are drawn."""
