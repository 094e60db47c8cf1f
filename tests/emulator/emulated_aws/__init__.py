"""moto with what a two-region recovery stack needs beyond it; README.md has the list.

Importing this package changes moto in this process, whether it is then used as a server or through `moto.mock_aws`.
"""

from . import postgres, rds, rds_data

__all__ = ["postgres", "rds", "rds_data"]
