"""What applications and makers of stores test themselves with: `from hauberk.testing import assert_secure`."""

from hauberk.testing.secure import assert_secure
from hauberk.testing.store_contract import StoreContract

__all__ = ["StoreContract", "assert_secure"]
