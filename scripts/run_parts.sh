#!/bin/sh
# Runs the make targets named, each under a header with its duration, and ends with a summary.
# Fails when any of them failed. A part may append to the file $NOTES what the summary should say.
NOTES=$(mktemp)
export NOTES
trap 'rm -f "$NOTES"' EXIT
began=$(date +%s) passed=0 failed=0 summary=""
for part in "$@"; do
  printf '\n==== %s ====\n' "$part"
  start=$(date +%s)
  if "${MAKE:-make}" --no-print-directory "$part"; then
    passed=$((passed + 1)) outcome=passed
  else
    failed=$((failed + 1)) outcome=FAILED
  fi
  seconds=$(($(date +%s) - start))
  printf '==== %s: %s in %d s ====\n' "$part" "$outcome" "$seconds"
  summary="$summary$(printf '  %-16s %-7s %5d s' "$part" "$outcome" "$seconds")
"
done
printf '\n%s\n' "$summary"
sed 's/^/  /' "$NOTES"
printf '%d parts passed, %d failed, %d s in all\n' "$passed" "$failed" $(($(date +%s) - began))
[ "$failed" -eq 0 ]
