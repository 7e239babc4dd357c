// Starts Rolegate as a subgraph, puts Hive Gateway in front of it in this process, and asks as a client does:
//
//   node gateway.mjs path/to/rolegate
//
// Hive Gateway, because @apollo/gateway does not enforce `@authenticated`: of Apollo's, only the router does.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";
import { createRemoteJWKSet, jwtVerify } from "jose";

import { compose } from "./supergraph.mjs";

const [binary] = process.argv.slice(2);
if (!binary) {
  console.error("usage: node gateway.mjs ROLEGATE");
  process.exit(2);
}

const PASSWORD = "a long walk by the river";
const directory = mkdtempSync(join(tmpdir(), "rolegate-federation-"));
const settings = { ROLEGATE_DATA_DIR: join(directory, "data"), ROLEGATE_LISTEN: "127.0.0.1:0" };
const options = { cwd: directory, env: { PATH: process.env.PATH, ...settings } };
const server = spawn(binary, ["serve", "--federation"], { ...options, stdio: ["ignore", "pipe", "ignore"] });

/** The address that the server says it listens on. Its output stays open: it would end if nobody read it. */
function address() {
  return new Promise((found, failed) => {
    let said = "";
    server.stdout.on("data", (chunk) => {
      said += chunk;
      const [, address] = said.match(/listens on (\S+)\n/) ?? [];
      if (address) found(address);
    });
    server.on("exit", () => failed(new Error(`the server ended: ${said}`)));
  });
}

/** Stands between gateway and subgraph, and counts. */
function counting(target) {
  const counter = { requests: 0 };
  counter.server = createServer(async (request, response) => {
    counter.requests += 1;
    const body = await buffer(request);
    const headers = { "content-type": "application/json" };
    if (request.headers.authorization) headers.authorization = request.headers.authorization;
    const answer = await fetch(target, { method: "POST", headers, body });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") });
    response.end(await answer.text());
  });
  return counter;
}

async function main() {
  const origin = `http://${await address()}`;
  const counter = counting(`${origin}/graphql`);
  await new Promise((listening) => counter.server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${counter.server.address().port}/graphql`;
  const sdl = execFileSync(binary, ["schema", "--federation"], { ...options, encoding: "utf8" });
  const { supergraphSdl } = compose(sdl, { rolegate: url, reviews: "http://127.0.0.1:1/graphql" });

  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", origin));
  const expected = { algorithms: ["ES256"], typ: "at+jwt", issuer: origin, audience: origin };
  const gateway = createGatewayRuntime({
    supergraph: supergraphSdl,
    logging: false,
    genericAuth: {
      mode: "protect-granular",
      async resolveUserFn({ request }) {
        const [, token] = request.headers.get("authorization")?.match(/^Bearer (.+)$/) ?? [];
        if (!token) return null;
        return jwtVerify(token, keys, expected).then(({ payload }) => payload, () => null);
      },
    },
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get("authorization") ?? undefined }),
    },
  });

  /** Asks the gateway; says what came back, and how many requests the subgraph saw for it. */
  async function ask(query, token) {
    const before = counter.requests;
    const headers = { "content-type": "application/json" };
    if (token) headers.authorization = `Bearer ${token}`;
    const body = JSON.stringify({ query });
    const answer = await gateway.fetch("http://gateway.test/graphql", { method: "POST", headers, body });
    return { ...(await answer.json()), seen: counter.requests - before };
  }

  const warm = await ask("{ server { name } }");
  assert.equal(warm.data?.server?.name, "Rolegate", JSON.stringify(warm));

  const stranger = await ask("{ me { id } }");
  assert.ok(stranger.errors?.length > 0 && !stranger.data?.me, JSON.stringify(stranger));
  assert.equal(stranger.seen, 0, "an anonymous `me` must not reach the subgraph");

  const sign = (mutation, input) => `mutation { ${mutation}(input: { ${input}, password: "${PASSWORD}" }) {
    ... on SignedIn { accessToken } } }`;
  const signedUp = await ask(sign("signup", 'email: "ada@example.com"'));
  const token = signedUp.data?.signup?.accessToken;
  assert.ok(token, `a stranger signs up by way of the gateway: ${JSON.stringify(signedUp)}`);
  const me = await ask("{ me { id email } }", token);
  assert.equal(me.data?.me?.email, "ada@example.com", JSON.stringify(me));
  assert.equal(me.seen, 1);

  const forged = await ask("{ me { id } }", token.replace(/.{8}$/, "AAAAAAAA"));
  assert.ok(forged.errors?.length > 0 && forged.seen === 0, JSON.stringify(forged));

  const users = "{ users { totalCount } }";
  const client = await ask(users, token);
  assert.ok(client.errors?.length > 0 && client.seen === 0, `a CLIENT lacks the scope: ${JSON.stringify(client)}`);

  execFileSync(binary, ["user", "set-role", "ada@example.com", "manager"], options);
  const logged = await ask(sign("login", 'identifier: "ada@example.com"'));
  const manager = await ask(users, logged.data.login.accessToken);
  assert.equal(manager.data?.users?.totalCount, 1, JSON.stringify(manager));

  await gateway[Symbol.asyncDispose]();
  counter.server.close();
  counter.server.closeAllConnections();
  console.log("refused at the gateway: an anonymous `me`, a forged token, a CLIENT's `users`; answered: the others");
}

try {
  await main();
} finally {
  server.kill();
  rmSync(directory, { recursive: true, force: true });
}
