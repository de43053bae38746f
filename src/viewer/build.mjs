// Bundles viewer.js with NiiVue into one script that calls no address: src/annoconv/report/quality/viewer/.
// `make viewer` runs it; what it writes is committed. The same packages give the same bytes.
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build, version as esbuild } from "esbuild"

const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, "../annoconv/report/quality/viewer")
const packages = join(here, "node_modules")

// Formats that are read piece by piece over a network: a report has its volumes in it.
const leftOut = {
  name: "left-out",
  setup(it) {
    it.onResolve({ filter: /^(zarrita|numcodecs|@zarrita\/.*)$/ }, (one) => ({ path: one.path, namespace: "left-out" }))
    it.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "module.exports = {}", loader: "js" }))
  },
}
const made = await build({
  entryPoints: [join(here, "viewer.js")],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  charset: "ascii",
  legalComments: "none",
  metafile: true,
  write: false,
  plugins: [leftOut],
  logLevel: "error",
})
let script = made.outputFiles[0].text
script = script.replace(/<\/script/gi, "<\\/script").replace(/<!--/g, "<\\!--")
// Addresses of documentation, examples and default images; names of XML spaces are no addresses that are called.
script = script.replace(/https?:\/\/(?!www\.w3\.org\/)[^\s"'`\\)<>]*/g, "about:blank")

const inputs = Object.keys(made.metafile.inputs).filter((each) => each.includes("node_modules/"))
const names = [...new Set(inputs.map((each) => each.split("node_modules/").pop().match(/^(@[^/]+\/)?[^/]+/)[0]))].sort()
const told = names.map((name) => ({ name, ...JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) }))
const own = (name) => {
  const beside = join(here, "licenses", `${name.replace(/^.*\//, "")}.txt`)
  if (existsSync(beside)) return readFileSync(beside, "utf8")
  const file = readdirSync(join(packages, name)).find((each) => /^licen[cs]e/i.test(each))
  if (!file) throw new Error(`${name} has no licence: put its text into src/viewer/licenses/`)
  return readFileSync(join(packages, name, file), "utf8")
}
const licences = told.map((each) => `${each.name} ${each.version} (${each.license})\n\n${own(each.name).trim()}\n`)

mkdirSync(target, { recursive: true })
writeFileSync(join(target, "viewer.js"), script)
writeFileSync(join(target, "LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`))
const about = {
  niivue: told.find((each) => each.name === "@niivue/niivue").version,
  packages: Object.fromEntries(told.map((each) => [each.name, { version: each.version, license: each.license }])),
  esbuild,
  bytes: Buffer.byteLength(script),
  sha256: createHash("sha256").update(script).digest("hex"),
}
writeFileSync(join(target, "version.json"), `${JSON.stringify(about, null, 1)}\n`)
console.log(`viewer.js: NiiVue ${about.niivue}, ${about.bytes} bytes`)
