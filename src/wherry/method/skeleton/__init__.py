"""The walking skeleton: the smallest service that goes the whole way, from a repository to a row in a database."""
