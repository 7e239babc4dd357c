// TypeScript types for a frontend, generated from the checked-in schema and from operations as they are sent; and
// typed.ts, which is written against them, checked by the compiler at its strictest:
//
//   node types.mjs
//
// An operation that does not fit the schema fails the generator, and a type that is not what typed.ts takes it for
// fails the compiler.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { codegen } from "@graphql-codegen/core";
import * as typescript from "@graphql-codegen/typescript";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

import { askPermissions, connect } from "../../examples/frontend/permissions.js";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const read = (relative) => readFileSync(path(relative), "utf8");

/** The documents that the example frontend sends, as it composes them: they are written nowhere in full. */
async function sentByTheExample() {
  const sent = [];
  const ofTheMachine = globalThis.fetch;
  globalThis.fetch = async (_, { body }) => {
    sent.push(JSON.parse(body).query);
    return Response.json({ data: { login: {}, permissions: [{}], can0: {} } });
  };
  try {
    const server = connect("http://localhost/graphql");
    await server.signIn("", "");
    await askPermissions(server, { users: "Query.users", self: { coordinate: "Query.user", arguments: {} } });
    await server.signOut();
  } finally {
    globalThis.fetch = ofTheMachine;
  }
  assert.equal(sent.length, 3, "the example sends other documents now");
  return sent;
}

const documents = [read("operations.graphql"), ...(await sentByTheExample())];
const folder = mkdtempSync(join(tmpdir(), "rolegate-types-"));
try {
  const generated = await codegen({
    filename: "schema.ts",
    schema: parse(read("../../schema.graphql")),
    documents: documents.map((text, i) => ({ location: `document ${i}`, document: parse(text) })),
    // A scalar that nobody said the type of is an error, and not `any`. Types have `__typename` where it is asked for.
    config: {
      strictScalars: true,
      scalars: { ID: "string", DateTime: "string", JSON: "Record<string, unknown>" },
      enumsAsTypes: true,
      skipTypename: true,
    },
    plugins: [{ typescript: {} }, { operations: {} }],
    pluginMap: { typescript, operations },
  });
  writeFileSync(join(folder, "schema.ts"), generated);
  copyFileSync(path("typed.ts"), join(folder, "typed.ts"));
  const options = ["--strict", "--noEmit", "--noUnusedLocals", "--target", "es2022", "--module", "preserve"];
  const compiler = path("node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, ...options, "typed.ts"], { cwd: folder, stdio: "inherit" });
  if (status !== 0) throw new Error("typed.ts does not fit the types that were generated");
} finally {
  rmSync(folder, { recursive: true });
}
console.log("passed");
