"""`python -m pushglance` is `pushglance`."""

from pushglance.cli.main import main

if __name__ == "__main__":
    main()
