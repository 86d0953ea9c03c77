"""Requirements on tokens: an API that reads them, one measure short."""

from __future__ import annotations

from tests.asvs.case import Case, handler

IMPORTS = "import jwt\n\nISSUER = {}\n"
READ = 'jwt.decode(request.headers["authorization"][7:], os.environ["KEY"], algorithms=["HS256"], audience="api")'
CASES: tuple[Case, ...] = (
    handler(
        "code-jwt-unverified",
        "6.8.2",
        'id_token = request.query_params["id_token"]\nreturn jwt.decode(id_token, options={"verify_signature": False})',
        'id_token = request.query_params["id_token"]\n'
        'return jwt.decode(id_token, ISSUER["key"], algorithms=["RS256"], audience="client")',
        imports=IMPORTS,
    ),
    handler(
        "code-jwt-algorithms",
        "9.1.2",
        "return " + READ.replace('["HS256"]', '["HS256", "RS256"]'),
        "return " + READ,
        imports=IMPORTS,
    ),
    handler(
        "code-jwt-algorithms",
        "9.1.2",
        'head = jwt.get_unverified_header(request.headers["authorization"])\n'
        "return " + READ.replace('["HS256"]', '[head["alg"]]'),
        "return " + READ,
        imports=IMPORTS,
        about="of the header",
    ),
    handler(
        "code-jwt-header-key",
        "9.1.3",
        'token = request.headers["authorization"][7:]\nhead = jwt.get_unverified_header(token)\n'
        'key = jwt.PyJWKClient(head["jku"]).get_signing_key_from_jwt(token)\n'
        'return jwt.decode(token, key, algorithms=["RS256"], audience="api")',
        'token = request.headers["authorization"][7:]\n'
        'key = jwt.PyJWKClient("https://issuer.example/keys").get_signing_key_from_jwt(token)\n'
        'return jwt.decode(token, key, algorithms=["RS256"], audience="api")',
        imports=IMPORTS,
    ),
    handler(
        "code-jwt-expiry",
        "9.2.1",
        "return " + READ.replace(")", ', options={"verify_exp": False})'),
        "return " + READ,
        imports=IMPORTS,
    ),
    handler(
        "code-jwt-audience",
        "9.2.3 10.3.1",
        "return " + READ.replace(', audience="api"', ""),
        "return " + READ,
        imports=IMPORTS,
    ),
    handler(
        "code-jwt-kind",
        "9.2.2",
        f"return {READ}",
        f'claims = {READ}\nif claims["typ"] != "access":\n    raise ValueError("typ")\nreturn claims',
        imports=IMPORTS
        + 'def access(user, key):\n    return jwt.encode({"sub": user, "aud": "api", "typ": "access"}, key)\n\n\n'
        + 'def mail(user, key):\n    return jwt.encode({"sub": user, "aud": "api", "typ": "reset", "mail": 1}, key)\n',
    ),
    handler(
        "code-jwt-issued-audience",
        "9.2.4",
        'return jwt.encode({"sub": "ada", "exp": 1}, os.environ["KEY"], algorithm="ES256")',
        'return jwt.encode({"sub": "ada", "exp": 1, "aud": "shop"}, os.environ["KEY"], algorithm="ES256")',
        imports=IMPORTS,
    ),
    handler(
        "code-oauth-state",
        "10.2.1",
        'code = request.query_params["code"]\nreturn httpx.post("https://issuer.example/token", timeout=5, '
        'data={"grant_type": "authorization_code", "code": code}).json()',
        'code = request.query_params["code"]\nif request.query_params["state"] != request.session["state"]:\n'
        '    raise ValueError("state")\nreturn httpx.post("https://issuer.example/token", timeout=5, '
        'data={"grant_type": "authorization_code", "code": code}).json()',
        imports="import httpx\n",
    ),
    handler(
        "code-oidc-nonce",
        "10.5.1",
        'id_token = request.query_params["id_token"]\n'
        'return jwt.decode(id_token, ISSUER["key"], algorithms=["RS256"], audience="client")',
        'id_token = request.query_params["id_token"]\n'
        'claims = jwt.decode(id_token, ISSUER["key"], algorithms=["RS256"], audience="client")\n'
        'if claims["nonce"] != request.session["nonce"]:\n    raise ValueError("nonce")\nreturn claims',
        imports=IMPORTS,
    ),
    handler(
        "code-oidc-audience",
        "10.5.4",
        'id_token = request.query_params["id_token"]\n'
        'return jwt.decode(id_token, ISSUER["key"], algorithms=["RS256"], options={"verify_aud": False})',
        'id_token = request.query_params["id_token"]\n'
        'return jwt.decode(id_token, ISSUER["key"], algorithms=["RS256"], audience="client")',
        imports=IMPORTS,
    ),
)
