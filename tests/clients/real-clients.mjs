// Signs up, logs in, asks `me`, refreshes after a bad access token, and does without tokens with a cookie, with the
// clients that people use:
//
//   node real-clients.mjs http://127.0.0.1:4000/graphql
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { Client, fetchExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { parse, separateOperations } from "graphql";
import { ClientError, GraphQLClient } from "graphql-request";
import { from, switchMap } from "rxjs";

const operations = separateOperations(parse(readFileSync(new URL("operations.graphql", import.meta.url), "utf8")));
const { SignUp: SIGNUP, LogIn: LOG_IN, Refresh: REFRESH, LogOut: LOG_OUT, Me: ME } = operations;

const [url] = process.argv.slice(2);
if (!url) {
  console.error("usage: node real-clients.mjs URL");
  process.exit(2);
}

/** A token whose signature does not fit: what a client holds after the server's keys have changed. */
const forged = (token) => token.replace(/.{8}$/, (end) => (end === "AAAAAAAA" ? "BBBBBBBB" : "AAAAAAAA"));
const bearer = ({ accessToken }) => (accessToken ? { authorization: `Bearer ${accessToken}` } : {});
const isUnauthenticated = (errors) => errors.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED");

/** What the page of a frontend does. Each client brings `mutate`, `me` and `codes` (the error codes of a refusal). */
async function walk(name, tokens, { mutate, me, codes }) {
  const email = `${randomBytes(8).toString("hex")}@example.com`;
  const password = randomBytes(18).toString("base64url");

  assert.deepEqual(await codes(me), ["UNAUTHENTICATED"], "me without a token");

  const { signup } = await mutate(SIGNUP, { input: { email, password } });
  assert.equal(signup.user.email, email);
  assert.equal(signup.user.role, "CLIENT");

  const wrong = () => mutate(LOG_IN, { input: { identifier: email, password: "not the password" } });
  assert.deepEqual(await codes(wrong), ["INVALID_CREDENTIALS"], "login with a wrong password");

  const { login } = await mutate(LOG_IN, { input: { identifier: email, password } });
  Object.assign(tokens, { accessToken: login.accessToken, refreshToken: login.refreshToken });
  assert.equal((await me()).me.email, email);

  // A bad token must not keep the client from refreshing with the same headers.
  tokens.accessToken = forged(login.accessToken);
  assert.equal((await me()).me.id, signup.user.id, "me after a refresh");
  assert.notEqual(tokens.refreshToken, login.refreshToken, "the client has refreshed");

  Object.assign(tokens, { accessToken: undefined, refreshToken: undefined });
  const input = { identifier: email, password, delivery: "COOKIE" };
  const { login: inCookie } = await mutate(LOG_IN, { input });
  assert.deepEqual([inCookie.accessToken, inCookie.refreshToken], [null, null], "no tokens beside the cookie");
  assert.equal((await me()).me.id, signup.user.id, "me with the cookie");
  await mutate(LOG_OUT, {});
  assert.deepEqual(await codes(me), ["UNAUTHENTICATED"], "me after logging out");
  console.log(`${name}: signup, login, me, refused, refreshed; a cookie, and logged out`);
}

/** `fetch` as a page of the server's own origin has it: it keeps the cookie, and says where it comes from. */
function fetchOfPage() {
  let cookie = "";
  return async (target, options) => {
    const headers = new Headers(options.headers);
    headers.set("origin", new URL(url).origin);
    if (cookie) headers.set("cookie", cookie);
    const answer = await fetch(target, { ...options, headers });
    for (const set of answer.headers.getSetCookie()) {
      cookie = set.includes("Max-Age=0;") ? "" : set.split(";")[0];
    }
    return answer;
  };
}

async function apollo() {
  const tokens = {};
  let client;
  const mutate = async (mutation, variables) => (await client.mutate({ mutation, variables })).data;
  const withToken = new SetContextLink(({ headers }) => ({ headers: { ...headers, ...bearer(tokens) } }));
  const refreshing = new ErrorLink(({ error, operation, forward }) => {
    const isRefused = CombinedGraphQLErrors.is(error) && isUnauthenticated(error.errors);
    if (!isRefused || !tokens.refreshToken || operation.operationName === "Refresh") return undefined;
    return from(refresh(tokens, mutate)).pipe(switchMap(() => forward(operation)));
  });
  client = new ApolloClient({
    link: ApolloLink.from([refreshing, withToken, new HttpLink({ uri: url, fetch: fetchOfPage() })]),
    cache: new InMemoryCache(),
  });
  const me = async () => (await client.query({ query: ME, fetchPolicy: "network-only" })).data;
  const codes = (run) => refusal(run, (error) => CombinedGraphQLErrors.is(error) && error.errors);
  await walk("Apollo Client", tokens, { mutate, me, codes });
}

async function urql() {
  const tokens = {};
  const authentication = authExchange(async (utilities) => ({
    addAuthToOperation: (operation) => utilities.appendHeaders(operation, bearer(tokens)),
    didAuthError: (error) => Boolean(tokens.refreshToken) && isUnauthenticated(error.graphQLErrors),
    refreshAuth: () =>
      refresh(tokens, async (document, variables) => (await utilities.mutate(document, variables)).data),
  }));
  const client = new Client({ url, fetch: fetchOfPage(), exchanges: [authentication, fetchExchange], preferGetMethod: false });
  const mutate = async (document, variables) => data(await client.mutation(document, variables));
  const me = async () => data(await client.query(ME, {}));
  const data = ({ error, data }) => {
    if (error) throw error;
    return data;
  };
  await walk("urql", tokens, { mutate, me, codes: (run) => refusal(run, (error) => error.graphQLErrors) });
}

async function graphqlRequest() {
  const tokens = {};
  const client = new GraphQLClient(url, { headers: () => bearer(tokens), fetch: fetchOfPage() });
  const mutate = (document, variables) => client.request(document, variables);
  const codes = (run) => refusal(run, (error) => error instanceof ClientError && error.response.errors);
  // It has no hook for this, so its users write this loop.
  const me = async () => {
    try {
      return await client.request(ME);
    } catch (error) {
      if (!tokens.refreshToken || !isUnauthenticated(error.response?.errors ?? [])) throw error;
      await refresh(tokens, mutate);
      return client.request(ME);
    }
  };
  await walk("graphql-request", tokens, { mutate, me, codes });
}

async function refresh(tokens, mutate) {
  const { refresh } = await mutate(REFRESH, { input: { refreshToken: tokens.refreshToken } });
  Object.assign(tokens, { accessToken: refresh.accessToken, refreshToken: refresh.refreshToken });
}

/** The codes with which `run` is refused, as the client hands them to its user. */
async function refusal(run, errorsOf) {
  const error = await run().then(
    () => assert.fail("nothing was refused"),
    (error) => error,
  );
  const errors = errorsOf(error);
  if (!errors || errors.length === 0) throw error;
  return errors.map(({ extensions }) => extensions?.code);
}

for (const client of [apollo, urql, graphqlRequest]) await client();
console.log("passed");
