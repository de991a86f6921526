"""The faults, by what they hit. Each is a function of a Scene that undoes what it can before it returns."""
