"""The kinds of Wherry's own method, which any cluster learns as custom resources."""
