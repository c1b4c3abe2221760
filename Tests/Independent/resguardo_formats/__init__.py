"""Resguardo's formats, written a second time from their specification alone.

Nothing here shares code with the product: a difference between the two is a finding.
"""
