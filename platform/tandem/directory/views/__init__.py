"""The staff pages of the directory: the list and the people, their dated parts, imports."""
