"""How fast the portal is, as ratios to the smallest things that could do the same work.

Only ratios mean anything: every shot at the portal stands between two at a bare Django view, on
the same machine, in the same minute. `make bench` prints them and keeps them in bench/results.
"""
