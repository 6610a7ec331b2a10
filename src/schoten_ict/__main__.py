"""`python -m schoten_ict`."""

from schoten_ict.cli import run

if __name__ == "__main__":
    run()
