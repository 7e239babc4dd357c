// Starts GraphiQL on this page's own address. The libraries before it define React, ReactDOM and GraphiQL.
"use strict";

// The tabs of a first visit, in the order in which a newcomer needs them. A browser test runs them all.
const EXAMPLES = [
  {
    query: `# Welcome to Rolegate. Run this query with
# the pink button or Ctrl-Enter.
#
# It says what a new user needs here, and what
# you may call right now. It needs no token.
#
# Go on with the tabs Signup, LogIn and Me. The
# documentation is behind the icon at the upper left.

query WhatRunsHere {
  server {
    name
    signup {
      open
      identifier
    }
    password {
      minLength
      maxLength
    }
    signInMethods
  }
  permissions(coordinates: ["Query.me", "Query.users"]) {
    coordinate
    verdict
    code
    requires
  }
}
`,
  },
  {
    query: `# Makes a user and signs them in. The input is
# under "Variables" below.
#
# Copy the accessToken of the answer for the tab Me.
# Variables and headers are never stored: they are
# gone when you reload the page.

mutation Signup($input: SignupInput!) {
  signup(input: $input) {
    ... on SignedIn {
      accessToken
      accessTokenExpiresAt
      refreshToken
      user {
        id
        email
        role
      }
    }
  }
}
`,
    variables: `{
  "input": {
    "email": "ada@example.com",
    "password": "nine violet otters"
  }
}`,
  },
  {
    query: `# Signs in a user who exists. The identifier is
# their email address or their username.

mutation LogIn($input: LoginInput!) {
  login(input: $input) {
    ... on SignedIn {
      accessToken
      accessTokenExpiresAt
      refreshToken
      session {
        id
        expiresAt
      }
    }
  }
}
`,
    variables: `{
  "input": {
    "identifier": "ada@example.com",
    "password": "nine violet otters"
  }
}`,
  },
  {
    query: `# Open "Headers" below and put the access token
# behind "Bearer ".
#
# The round arrow at the lower left fetches the
# schema again with your token: then documentation
# and completion show all that you may call.

query Me {
  me {
    id
    email
    role
    createdAt
  }
}
`,
  },
];

const HEADERS = `{
  "Authorization": "Bearer "
}`;

// GraphiQL writes variables and headers to its storage, in tabs, history and entries of their own, whatever its
// settings say. Here they hold passwords and tokens, so they are taken out of everything that it stores. The rest is
// kept for this browser tab only (sessionStorage), because a query may spell out a password as well.
const STORES = ["graphiql:tabState", "graphiql:queries", "graphiql:favorites"];
const NEVER_STORED = ["graphiql:variables", "graphiql:headers"];

function withoutCredentials(json) {
  return JSON.stringify(JSON.parse(json), (key, value) =>
    key === "variables" || key === "headers" || key === "hash" ? null : value,
  );
}

const storage = {
  get length() {
    return sessionStorage.length;
  },
  getItem: (key) => sessionStorage.getItem(key),
  setItem(key, value) {
    if (!NEVER_STORED.includes(key)) {
      sessionStorage.setItem(key, STORES.includes(key) ? withoutCredentials(value) : value);
    }
  },
  removeItem: (key) => sessionStorage.removeItem(key),
  clear: () => sessionStorage.clear(),
};

// The header editor starts with an empty "Bearer ". Sent like that it is a bad token; nobody meant to send one.
function withoutEmptyBearer(headers) {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) => name.toLowerCase() !== "authorization" || !/^\s*bearer\s*$/i.test(value),
    ),
  );
}

async function fetcher(request, { headers = {} } = {}) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json;q=0.9",
      "Content-Type": "application/json",
      ...withoutEmptyBearer(headers),
    },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    // Something between the browser and the server answered.
    throw new Error(`HTTP ${response.status}, and the answer is not JSON: ${text.slice(0, 200)}`);
  }
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    storage,
    defaultTabs: EXAMPLES,
    defaultHeaders: HEADERS,
    defaultQuery: "",
    defaultEditorToolsVisibility: true,
    // Also takes the switch for it out of the settings dialogue.
    shouldPersistHeaders: false,
  }),
);
