"""Baowen: ask a newspaper archive a question, get an answer that shows the words it rests on."""

__version__ = "0.1.0"
