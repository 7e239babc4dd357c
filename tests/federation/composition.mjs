// Composes Rolegate's subgraph with another by @apollo/composition, and holds that no rule is lost on the way:
//
//   node composition.mjs path/to/rolegate
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { buildASTSchema, parse } from "graphql";

import { compose } from "./supergraph.mjs";

const [binary] = process.argv.slice(2);
if (!binary) {
  console.error("usage: node composition.mjs ROLEGATE");
  process.exit(2);
}
const run = (...args) => execFileSync(binary, args, { encoding: "utf8" });

/** Every coordinate with its rules, as `rolegate permissions` has them. */
const rows = [...run("permissions").matchAll(/^\| (\w+\.\w+) \| `([^`]+)` \|/gm)].map(([, coordinate, rules]) => ({
  coordinate,
  rules,
}));
const guarded = rows.filter(({ rules }) => !/^@public( @signsIn)?$/.test(rules));
assert.ok(guarded.length > 20 && rows.length > guarded.length, "the matrix was read");

const urls = { rolegate: "http://rolegate.test/graphql", reviews: "http://reviews.test/graphql" };
const { supergraphSdl } = compose(run("schema", "--federation"), urls);
const supergraph = buildASTSchema(parse(supergraphSdl), { assumeValid: true });

/** The router's directives at a coordinate of the supergraph, as `@name(arguments)`. */
function carried(coordinate) {
  const [type, field] = coordinate.split(".");
  const node = supergraph.getType(type)?.getFields()[field]?.astNode;
  assert.ok(node, `${coordinate} is in the supergraph`);
  const ours = node.directives.filter(({ name }) => ["authenticated", "requiresScopes"].includes(name.value));
  return ours.map(({ name, arguments: [scopes] }) =>
    name.value === "authenticated"
      ? "@authenticated"
      : `@requiresScopes ${scopes.value.values.map((all) => all.values.map(({ value }) => value).join("+")).join(" ")}`,
  );
}

/** What the router can enforce of these rules. */
function expected(rules) {
  const least = [...rules.matchAll(/@hasRole\(atLeast: (\w+)\)/g)].map(([, role]) => role);
  if (least.includes("ADMIN")) return "@requiresScopes role:admin";
  if (least.includes("MANAGER")) return "@requiresScopes role:manager role:admin";
  return "@authenticated";
}

// A stranger asks for what `login` returns, and is somebody only when it is there: the router cannot know whom.
const signedIn = guarded.filter(({ coordinate }) => coordinate.startsWith("SignedIn."));
const rest = guarded.filter((row) => !signedIn.includes(row));
assert.equal(signedIn.length, 5);
for (const { coordinate } of signedIn) assert.deepEqual(carried(coordinate), [], coordinate);
for (const { coordinate, rules } of rest) assert.deepEqual(carried(coordinate), [expected(rules)], coordinate);
for (const { coordinate } of rows.filter((row) => !guarded.includes(row))) {
  assert.deepEqual(carried(coordinate), [], coordinate);
}
// What refers to a user from elsewhere is guarded by the rule of the type.
const user = supergraph.getType("User").astNode.directives.map(({ name }) => name.value);
assert.ok(user.includes("authenticated"), "the type User");
console.log(`${rest.length} guarded coordinates of ${rows.length} carry the router's directive; ${signedIn.length} are SignedIn's`);
