"""`python -m examples.shop`."""

import sys

from examples.shop.cli import main

sys.exit(main())
