// A FHIR server in memory: medplum's router on loopback, port told on standard output. node server.mjs MODULES PACKAGE
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [modules, name] = process.argv.slice(2);
const require = createRequire(join(modules, "x.js"));
const core = require("@medplum/core");
const { FhirRouter, MemoryRepository } = require("@medplum/fhir-router");
const folder = join(modules, name);
const load = (prefix) =>
  readdirSync(folder)
    .filter((each) => each.startsWith(prefix))
    .map((each) => JSON.parse(readFileSync(join(folder, each), "utf8")));
for (const each of load("StructureDefinition-")) {
  if (each.snapshot && each.derivation !== "constraint") core.indexStructureDefinitionBundle([each]);
}
for (const each of load("SearchParameter-")) {
  try {
    core.indexSearchParameter(each);
  } catch {
    // of a type that the server does not know
  }
}
const router = new FhirRouter();
let repository = new MemoryRepository();
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", async () => {
    try {
      if (request.method === "DELETE" && request.url === "/") {
        repository = new MemoryRepository();
        response.writeHead(204).end();
        return;
      }
      const url = new URL(request.url, "http://x");
      const [outcome, resource] = await router.handleRequest(
        {
          method: request.method,
          url: request.url,
          body: body ? JSON.parse(body) : undefined,
          params: {},
          query: Object.fromEntries(url.searchParams),
          headers: request.headers,
        },
        repository,
      );
      response.writeHead(core.getStatus(outcome), { "content-type": "application/fhir+json" });
      response.end(JSON.stringify(resource ?? outcome));
    } catch (error) {
      response.writeHead(500).end(JSON.stringify({ error: String(error.stack) }));
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
