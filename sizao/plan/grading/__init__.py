"""Grades of areas by written criteria: what a criterion may ask of an area (`figures`), the sets of rules as content (`rulesets`), what a set says of an area and why (`judging`).

Nothing here decides: a grade in force is the decision of a person, and what a set says stands beside it.
"""
