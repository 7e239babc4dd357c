// Verifies an access token with passport-jwt, as a route of Express would.
import { text } from "node:stream/consumers";

import { passportJwtSecret } from "jwks-rsa";
import passport from "passport";
import { ExtractJwt, Strategy } from "passport-jwt";

const { ISSUER, AUDIENCE, ALGORITHM = "ES256", JWKS_URL, HS256_SECRET } = process.env;

// Keeps the keys, and asks for one that it does not know, at most ten times a minute.
const published = () =>
  passportJwtSecret({ jwksUri: JWKS_URL, cache: true, rateLimit: true, jwksRequestsPerMinute: 10 });
const shared = (_request, _token, done) => done(null, HS256_SECRET);
const key = ALGORITHM === "HS256" ? shared : published();

/** passport-jwt does not look at `typ`: what is no access token gets no key. */
function keyOfAccessToken(request, token, done) {
  let header = {};
  try {
    header = JSON.parse(Buffer.from(token.split(".")[0], "base64url"));
  } catch {
    // No header, no type.
  }
  return header.typ === "at+jwt" ? key(request, token, done) : done(new Error("no access token"));
}

const options = {
  jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
  secretOrKeyProvider: keyOfAccessToken,
  algorithms: [ALGORITHM], // pinned: the token's header does not choose
  issuer: ISSUER,
  audience: AUDIENCE,
  jsonWebTokenOptions: { clockTolerance: 5 },
};

// The claims are all there is to know of the user here: `sub` is the id, `role` the role.
passport.use(new Strategy(options, (claims, done) => done(null, claims.exp && claims.sub ? claims : false)));

/** Calls back with the claims of a request whose token counts. In Express: `app.use(passport.authenticate(..))`. */
const verify = (request, done) =>
  passport.authenticate("jwt", { session: false }, (error, claims, reason) => done(error ?? reason, claims))(request);

const token = (await text(process.stdin)).trim();
verify({ headers: { authorization: `Bearer ${token}` } }, (reason, claims) => {
  if (claims) {
    console.log(JSON.stringify(claims));
  } else {
    console.error(`refused: ${reason?.message ?? "no reason given"}`);
    process.exitCode = 1;
  }
});
