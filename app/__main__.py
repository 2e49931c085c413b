"""`python -m app` is `zhiwen`."""

import sys

from app.cli import main

sys.exit(main())
