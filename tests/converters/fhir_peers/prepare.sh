#!/usr/bin/env bash
# Puts HL7's validator, the definitions it needs and a HAPI server into a folder, for `pytest -m peers`:
#   tests/converters/fhir_peers/prepare.sh FOLDER && ANNOCONV_FHIR_PEERS=FOLDER pytest -m peers tests/converters
# It needs java 17, mvn, npm and python3; the tests themselves need java alone, and no network.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/classes" "$1/home/.fhir/packages"
folder=$(cd "$1" && pwd)
mvn -q -B -f "$here/pom.xml" dependency:build-classpath -Dmdep.outputFile="$folder/classpath"
javac -proc:none -cp "$(cat "$folder/classpath")" -d "$folder/classes" "$here"/*.java
cp "$here/logback.xml" "$folder/classes"
echo '{"ignoreDefaultPackageServers": true}' >"$folder/home/.fhir/fhir-settings.json"
packed=$(mktemp -d)
trap 'rm -rf "$packed"' EXIT
for package in hl7.fhir.r{5.core@5.0.0,4b.core@4.3.0} hl7.terminology.r{5,4}@7.0.1 \
  hl7.fhir.uv.extensions.r{5,4}@5.3.0-ballot-tc1 hl7.fhir.xver-extensions@0.1.0; do
  place=$folder/home/.fhir/packages/${package/@/#}
  [ -d "$place/package" ] && continue
  (cd "$packed" && npm pack --silent "$package" >/dev/null)
  mkdir -p "$place"
  tar xzf "$packed/${package/@/-}.tgz" -C "$place"
  # what a package names as needed would be asked of a server of packages; all that is needed is named above
  python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); d["dependencies"] = {}; json.dump(d, open(sys.argv[1], "w"))' \
    "$place/package/package.json"
done
