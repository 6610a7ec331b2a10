"""Small programs of ours that run where the backups lie, in any Python from 3.9; nothing is installed there.

A program is a module with a `main`, which uses the standard library and other modules of this package alone.
`ask/there.py` sends its text to the interpreter over standard input, and its request as one JSON argument;
it answers with one JSON object.
"""
