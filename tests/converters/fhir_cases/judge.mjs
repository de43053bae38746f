// Judges FHIR resources with @medplum/core by HL7's definitions: node judge.mjs MODULES PACKAGE, Bundles as JSON lines on
// standard input; one JSON object a line for each error.
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [modules, name] = process.argv.slice(2);
const core = createRequire(join(modules, "x.js"))("@medplum/core");
const folder = join(modules, name);
for (const file of readdirSync(folder).filter((each) => each.startsWith("StructureDefinition-"))) {
  const definition = JSON.parse(readFileSync(join(folder, file), "utf8"));
  if (definition.snapshot && definition.derivation !== "constraint") core.indexStructureDefinitionBundle([definition]);
}
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const bundle = JSON.parse(line);
  for (const resource of [{ ...bundle, entry: bundle.entry.slice(0, 1) }, ...bundle.entry.map((each) => each.resource)]) {
    let issues = [];
    try {
      issues = core.validateResource(resource) ?? [];
    } catch (error) {
      issues = error.outcome?.issue ?? [{ severity: "fatal", details: { text: String(error) } }];
    }
    for (const issue of issues.filter((each) => each.severity !== "warning")) {
      console.log(JSON.stringify([resource.resourceType, issue.details?.text, issue.expression]));
    }
  }
}
