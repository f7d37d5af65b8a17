"""The clinic's rules: which questions are asked, how answers are judged, which message is due.

Plain Python and YAML: no Django, no clock, no input or output but reading the data folder. A doctor
can review it.
"""
