"""A run's pairs as a list: out as a file, and back in as staff decided elsewhere.

``reading`` turns bytes into lines, ``checking`` says what each line would do, ``applying`` does it all or not at all and takes it
back, ``exporting`` writes the list, ``words`` says what was found. The verbs are in ``bringing``.
"""
