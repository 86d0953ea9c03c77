"""Every request by https, also where TLS ends at a proxy in front: redirects, and which proxies are believed."""

from hauberk.shield.https.feature import HTTPS

__all__ = ["HTTPS"]
