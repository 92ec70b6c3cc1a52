"""The front door of a checkout: `python cli.py play reconciliation`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "engine"))

from heartline.cli import main  # found only after the line above

if __name__ == "__main__":
    main()
