// The example frontend's module as a stranger, a client and a manager: what it says is what the server then does.
//
//   node frontend.mjs http://127.0.0.1:4000/graphql target/debug/rolegate
//
// The binary makes the manager; it must read the server's own configuration (ROLEGATE_DATA_DIR).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

import { askPermissions, connect, isShown } from "../../examples/frontend/permissions.js";

const [url, binary] = process.argv.slice(2);
if (!url || !binary) {
  console.error("usage: node frontend.mjs URL BINARY");
  process.exit(2);
}

const address = () => `${randomBytes(8).toString("hex")}@example.com`;
const password = randomBytes(18).toString("base64url");

/** The calls behind the buttons. `id` is the client's, whoever asks. */
const calls = (id) => ({
  server: ["Query.server", "{ server { name } }"],
  me: ["Query.me", "{ me { id } }"],
  users: ["Query.users", "{ users { totalCount } }"],
  promote: ["Mutation.setUserRole", `mutation { setUserRole(input: { userId: "${id}", role: ADMIN }) { id } }`],
  theClient: [{ coordinate: "Query.user", arguments: { id } }, `{ user(id: "${id}") { email } }`],
});

/** Asks, compares the answers with what the calls come to, and returns the buttons that are shown. */
async function buttons(server, id) {
  const asked = Object.entries(calls(id));
  const actions = Object.fromEntries(asked.map(([name, [action]]) => [name, action]));
  const permissions = await askPermissions(server, actions);
  assert.deepEqual(Object.keys(permissions).sort(), Object.keys(actions).sort());
  for (const [name, [, document]] of asked) {
    const refusal = await server.send(document).then(() => undefined, (error) => error);
    const { code, reason } = permissions[name];
    assert.deepEqual({ code, reason }, { code: refusal?.code ?? null, reason: refusal?.reason ?? null }, name);
    assert.equal(isShown(permissions[name]), !refusal, name);
  }
  return asked.map(([name]) => name).filter((name) => isShown(permissions[name]));
}

const server = connect(url);
const client = address();
const { signup } = await server.send(
  "mutation ($input: SignupInput!) { signup(input: $input) { ... on SignedIn { user { id } } } }",
  { input: { email: client, password } },
);
const { id } = signup.user;
assert.deepEqual(await buttons(server, id), ["server"], "signing up does not sign the page in");

assert.equal((await server.signIn(client, password)).role, "CLIENT");
assert.deepEqual(await buttons(server, id), ["server", "me", "theClient"]);
const { email } = await askPermissions(server, { email: "User.email" });
assert.equal(isShown(email), false, "somebody else's");
assert.equal(isShown(email, true), true, "one's own");
await server.signOut();
assert.deepEqual(await buttons(server, id), ["server"], "signed out");

// The session is ended elsewhere: the page is told, and can be signed in again.
await server.signIn(client, password);
const elsewhere = connect(url);
await elsewhere.signIn(client, password);
await elsewhere.send("mutation { endOtherSessions { id } }");
await assert.rejects(server.send("{ me { id } }"), { code: "UNAUTHENTICATED", reason: "SESSION_ENDED" });
server.forget();
await assert.rejects(server.send("{ me { id } }"), { code: "UNAUTHENTICATED", reason: "TOKEN_MISSING" });
assert.equal((await server.signIn(client, password)).role, "CLIENT");
await server.signOut();

// Where the password goes, no link may say.
const page = readFileSync(new URL("../../examples/frontend/index.html", import.meta.url), "utf8");
assert.doesNotMatch(page, /location|URLSearchParams/);

const manager = address();
const create = ["user", "create", "--email", manager, "--role", "manager", "--password-stdin"];
execFileSync(binary, create, { input: `${password}\n`, stdio: ["pipe", "ignore", "inherit"] });
assert.equal((await server.signIn(manager, password)).role, "MANAGER");
assert.deepEqual(await buttons(server, id), ["server", "me", "users", "theClient"]);

await assert.rejects(server.signIn(manager, "not the password"), { code: "INVALID_CREDENTIALS" });
console.log("passed");
