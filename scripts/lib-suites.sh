# lib-suites.sh - what runs the suites of scripts/check, and writes down what came of each.
# To be sourced after lib.sh; needs QFS_WORK, and PG_CONFIG.

evidence=$QFS_HOME/build/evidence
results=()
failed=()

# begin_evidence: there is evidence of one run only.
begin_evidence() {
  rm -rf "$evidence"
  mkdir -p "$evidence"
}

# run SUITE COMMAND...: shows the suite's output, keeps its closing line, and leaves evidence, whatever comes of it.
run() {
  local suite=$1 log=$QFS_WORK/$1.log started status=0
  shift
  say "$suite"
  started=$(date +%s)
  "$@" 2>&1 | tee "$log" || status=$?
  "$QFS_HOME/scripts/write-evidence" "$suite" "$log" "$started" "$status" > "$evidence/$suite.json"
  if [ "$status" -eq 0 ]; then
    results+=("$suite: $(grep -av '^[[:space:]]*$' "$log" | tail -n 1)")
  else
    results+=("$suite: FAILED")
    failed+=("$suite")
  fi
}

# seal_evidence: for whoever is given it to see that all of it is there, and as it was written.
seal_evidence() { (cd "$evidence" && sha256sum -- *.json > SHA256SUMS); }
