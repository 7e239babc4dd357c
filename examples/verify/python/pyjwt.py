"""Verifies an access token with PyJWT."""

import json
import os
import sys

import jwt

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ["AUDIENCE"]
ALGORITHM = os.environ.get("ALGORITHM", "ES256")

# Keeps the keys for five minutes, and asks again for one that it does not know.
KEYS = None if ALGORITHM == "HS256" else jwt.PyJWKClient(os.environ["JWKS_URL"], lifespan=300)


def verify(token):
    """The claims of a token that counts; raises jwt.PyJWTError for any other."""
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("no access token")  # PyJWT does not look at `typ`
    key = KEYS.get_signing_key_from_jwt(token).key if KEYS else os.environ["HS256_SECRET"]
    return jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],  # pinned: the token's header does not choose
        issuer=ISSUER,
        audience=AUDIENCE,
        leeway=5,
        options={"require": ["exp", "iat", "iss", "aud", "sub", "sid", "jti"]},
    )


if __name__ == "__main__":
    try:
        print(json.dumps(verify(sys.stdin.read().strip())))
    except jwt.PyJWTError as error:
        sys.exit(f"refused: {error}")
