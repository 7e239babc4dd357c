// What the viewer may do, for a frontend that shows each role its own buttons. No dependencies: copy it.
//
// Hiding a button protects nothing. The server judges every call by the same table that it answers from here.

/** An error of the server's: match `code`, and for UNAUTHENTICATED `reason`. */
export class Refused extends Error {
  constructor({ message, extensions = {} }) {
    super(message);
    Object.assign(this, extensions);
  }
}

/** A server and whoever is signed in there. The token lives as long as the page, and nowhere but in this closure. */
export function connect(url) {
  let token;

  async function send(query, variables = {}) {
    const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
    if (token) headers.authorization = `Bearer ${token}`;
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = await response.json();
    if (errors) throw new Refused(errors[0]);
    return data;
  }

  async function signIn(identifier, password) {
    const { login } = await send(
      `mutation SignIn($input: LoginInput!) {
        login(input: $input) { ... on SignedIn { accessToken user { id name email role } } }
      }`,
      { input: { identifier, password } },
    );
    token = login.accessToken;
    return login.user;
  }

  async function signOut() {
    await send("mutation SignOut { logout { id } }");
    forget();
  }

  /** Drops a token that does not count any more. */
  function forget() {
    token = undefined;
  }

  return { send, signIn, signOut, forget };
}

/**
 * Asks about all actions in one query. `actions` has a coordinate for each name, or `{ coordinate, arguments }` where
 * the arguments decide (`@owner(arg: ..)`). Answers `{ verdict, code, reason, requires }` for each name. Ask again
 * when somebody has signed in or out.
 */
export async function askPermissions({ send }, actions) {
  const all = Object.entries(actions).map(([name, action]) =>
    typeof action === "string" ? { name, coordinate: action } : { name, ...action },
  );
  const simple = all.filter((action) => !action.arguments);
  const decided = all.filter((action) => action.arguments);
  const variables = { coordinates: simple.map(({ coordinate }) => coordinate) };
  decided.forEach(({ coordinate, arguments: values }, i) => {
    variables[`c${i}`] = coordinate;
    variables[`a${i}`] = values;
  });
  const declared = decided.map((_, i) => `, $c${i}: String!, $a${i}: JSON`).join("");
  const asked = decided.map((_, i) => `can${i}: can(coordinate: $c${i}, arguments: $a${i}) { ...Answer }`).join("\n");
  const data = await send(
    `query Permissions($coordinates: [String!]!${declared}) {
      permissions(coordinates: $coordinates) { ...Answer }
      ${asked}
    }
    fragment Answer on Permission { verdict code reason requires }`,
    variables,
  );
  return Object.fromEntries([
    ...simple.map(({ name }, i) => [name, data.permissions[i]]),
    ...decided.map(({ name }, i) => [name, data[`can${i}`]]),
  ]);
}

/** Whether to show a button. IF_OWNER: on what is the viewer's own. */
export const isShown = ({ verdict }, isOwn = false) => verdict === "ALLOWED" || (verdict === "IF_OWNER" && isOwn);
