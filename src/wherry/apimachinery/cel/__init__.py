"""CEL, the language of rules: parsed by the CEL library, checked, priced and evaluated here."""
