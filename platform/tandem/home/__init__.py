"""The two home pages: where am I, what is next, by when."""
