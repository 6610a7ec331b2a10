"""Programs and files of one machine: this one (`here`), or one with a POSIX shell over a runner (`posix`)."""
