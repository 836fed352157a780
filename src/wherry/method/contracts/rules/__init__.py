"""The rules about changes of a contract, a family in each file."""
