"""What applications and makers of stores test themselves with: `from hauberk.testing import StoreContract`."""

from hauberk.testing.store_contract import StoreContract

__all__ = ["StoreContract"]
