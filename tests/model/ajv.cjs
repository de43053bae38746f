// Validates documents with ajv: a line in is [class, document], a line out the JSON array of errors.
// Usage: node ajv.cjs SCHEMA; modules are found through NODE_PATH.
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;
const fs = require("fs");
const readline = require("readline");

const ajv = new Ajv({ allErrors: true, strict: false, verbose: false });
addFormats(ajv);
const schema = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const validateCase = ajv.compile(schema);
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [name, document] = JSON.parse(line);
  const validate = name === "Case" ? validateCase : ajv.getSchema(`${schema.$id}#/$defs/${name}`);
  process.stdout.write(JSON.stringify(validate(document) ? [] : validate.errors) + "\n");
});
