"""Every response header that protects a browser's user: one frozen dataclass a file."""

from hauberk.shield.headers.cache_control import CacheControl
from hauberk.shield.headers.clear_site_data import ClearSiteData
from hauberk.shield.headers.content_type_options import ContentTypeOptions
from hauberk.shield.headers.cross_domain_policies import CrossDomainPolicies
from hauberk.shield.headers.cross_origin import COEP, COOP, CORP
from hauberk.shield.headers.csp import CSP
from hauberk.shield.headers.dns_prefetch_control import DNSPrefetchControl
from hauberk.shield.headers.download_options import DownloadOptions
from hauberk.shield.headers.fingerprint import Fingerprint
from hauberk.shield.headers.frame_options import FrameOptions
from hauberk.shield.headers.hsts import HSTS
from hauberk.shield.headers.nel import NEL
from hauberk.shield.headers.origin_agent_cluster import OriginAgentCluster
from hauberk.shield.headers.permissions_policy import PermissionsPolicy
from hauberk.shield.headers.referrer_policy import ReferrerPolicy
from hauberk.shield.headers.reporting import Reporting
from hauberk.shield.headers.xss_protection import XSSProtection

__all__ = [
    "COEP",
    "COOP",
    "CORP",
    "CSP",
    "HSTS",
    "NEL",
    "CacheControl",
    "ClearSiteData",
    "ContentTypeOptions",
    "CrossDomainPolicies",
    "DNSPrefetchControl",
    "DownloadOptions",
    "Fingerprint",
    "FrameOptions",
    "OriginAgentCluster",
    "PermissionsPolicy",
    "ReferrerPolicy",
    "Reporting",
    "XSSProtection",
]
