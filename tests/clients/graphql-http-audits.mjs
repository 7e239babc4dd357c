// Runs the audits of the npm package graphql-http (GraphQL over HTTP) against a server that runs:
//
//   node graphql-http-audits.mjs http://127.0.0.1:4000/graphql
//
// Fails when a MUST fails, when a SHOULD fails that is not accepted below, and when an accepted one passes, so that
// the list stays true. A MAY is the server's choice: it is printed.
import { serverAudits } from "graphql-http";

const REQUEST_ERRORS =
  "A request error is 400 under either media type, so that proxies, metrics and clients that look at the status see " +
  "it. The specification wants 200 here only for the sake of old clients; the published ones read the body anyway.";

/** SHOULDs that we do not follow: the audit's id, and why. */
const ACCEPTED = {
  "572B": REQUEST_ERRORS, // document parsing failure, application/json
  FDE2: REQUEST_ERRORS, // document validation failure, application/json
  "7B9B": REQUEST_ERRORS, // variable coercion failure, application/json
};

const [url] = process.argv.slice(2);
if (!url) {
  console.error("usage: node graphql-http-audits.mjs URL");
  process.exit(2);
}

function verdict({ id, name, status }) {
  const passed = status === "ok";
  if (name.startsWith("MAY")) return passed ? "ok" : "not done (MAY)";
  if (id in ACCEPTED) return passed ? "PASSES, although it is listed as accepted" : "accepted";
  return passed ? "ok" : "FAILED";
}

let wrong = 0;
const unknown = new Set(Object.keys(ACCEPTED));
for (const audit of serverAudits({ url })) {
  // A server that does not answer at all rejects: that is a failure of the run, not of an audit.
  const result = await audit.fn();
  const said = verdict(result);
  const isWrong = said === "FAILED" || said.startsWith("PASSES");
  unknown.delete(audit.id);
  wrong += Number(isWrong);
  console.log(`${audit.id} ${said}: ${audit.name}`);
  if (said === "accepted") console.log(`     ${ACCEPTED[audit.id]}`);
  if (isWrong && result.status !== "ok") console.log(`     ${result.reason}`);
}
for (const id of unknown) console.log(`${id} is listed as accepted, and there is no such audit`);

if (wrong + unknown.size > 0) {
  console.log(`${wrong + unknown.size} not as they should be`);
  process.exit(1);
}
console.log("all as they should be");
