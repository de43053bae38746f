// Validates documents with ajv: one JSON document a line in, one JSON array of errors a line out.
// Usage: node ajv.cjs SCHEMA; modules are found through NODE_PATH.
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;
const fs = require("fs");
const readline = require("readline");

const ajv = new Ajv({ allErrors: true, strict: false, verbose: false });
addFormats(ajv);
const validate = ajv.compile(JSON.parse(fs.readFileSync(process.argv[2], "utf8")));
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const valid = validate(JSON.parse(line));
  process.stdout.write(JSON.stringify(valid ? [] : validate.errors) + "\n");
});
