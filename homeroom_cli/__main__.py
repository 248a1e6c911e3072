"""``python -m homeroom_cli``."""

from homeroom_cli.main import main

if __name__ == "__main__":
    main()
