"""The associations that ship with Tandem, as data: one folder for each."""
