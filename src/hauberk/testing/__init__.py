"""What applications and makers of stores test themselves with: `from hauberk.testing import assert_secure`."""

from hauberk.testing.gone import assert_gone
from hauberk.testing.secure import assert_secure
from hauberk.testing.store_contract import StoreContract

__all__ = ["StoreContract", "assert_gone", "assert_secure"]
