"""Invented places living under a plan. Names, numbers and places here are made up, and valid in form only."""
