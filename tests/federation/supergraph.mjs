// The supergraph of Rolegate and a second subgraph that refers to its users.
import assert from "node:assert/strict";

import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const REVIEWS = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])

  type Query {
    reviews: [Review!]!
  }

  type Review {
    text: String!
    author: User
  }

  type User @key(fields: "id") {
    id: ID!
    reviews: [Review!]!
  }
`;

/** Composes them; `rolegate` is what `rolegate schema --federation` prints. */
export function compose(rolegate, urls) {
  const { errors, hints, supergraphSdl } = composeServices([
    { name: "rolegate", url: urls.rolegate, typeDefs: parse(rolegate) },
    { name: "reviews", url: urls.reviews, typeDefs: parse(REVIEWS) },
  ]);
  assert.deepEqual((errors ?? []).map(String), [], "composition");
  return { supergraphSdl, hints };
}
