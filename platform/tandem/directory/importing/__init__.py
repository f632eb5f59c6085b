"""Importing members from a CSV file: read, stage, compare with the directory, apply.

``columns`` knows the columns, ``reading`` turns bytes into rows of cells, ``rows`` turns cells into values, ``staging`` compares
all of them with the directory in SQL, ``applying`` writes what differs. The verbs are in ``directory.services.imports``.
"""
