"""DPoP (RFC 9449): access tokens that are worth nothing without the key of the client that got them."""

from hauberk.auth.dpop.dpop import DPoP
from hauberk.auth.dpop.making import ProofMaker
from hauberk.auth.dpop.proof import Proof, ProofRules, verify_proof

__all__ = ["DPoP", "Proof", "ProofMaker", "ProofRules", "verify_proof"]
