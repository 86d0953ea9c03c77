"""What a Django project's settings name: `MIDDLEWARE = ["hauberk.django.Shield", *MIDDLEWARE]`."""

from hauberk.integrations.protect.django import Shield
from hauberk.integrations.protect.django import context as context_processor

__all__ = ["Shield", "context_processor"]
