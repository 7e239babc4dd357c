// Verifies an access token with jose.
import { text } from "node:stream/consumers";

import { createRemoteJWKSet, jwtVerify } from "jose";

const { ISSUER, AUDIENCE, ALGORITHM = "ES256", JWKS_URL, HS256_SECRET } = process.env;

// Keeps the keys for ten minutes, and asks again for one that it does not know, at most every thirty seconds.
const key =
  ALGORITHM === "HS256" ? new TextEncoder().encode(HS256_SECRET) : createRemoteJWKSet(new URL(JWKS_URL));

/** The claims of a token that counts; throws for any other. */
async function verify(token) {
  const { payload } = await jwtVerify(token, key, {
    algorithms: [ALGORITHM], // pinned: the token's header does not choose
    typ: "at+jwt", // an access token, and nothing else that somebody may sign
    issuer: ISSUER,
    audience: AUDIENCE,
    clockTolerance: 5,
    requiredClaims: ["exp", "iat", "sub", "sid", "jti"],
  });
  return payload;
}

try {
  console.log(JSON.stringify(await verify((await text(process.stdin)).trim())));
} catch (error) {
  console.error(`refused: ${error.message}`);
  process.exitCode = 1;
}
