#!/bin/sh
# Runs the make targets named, each under a header with its duration, and ends with a summary.
# Fails when any of them failed.
passed=0 failed=0 summary=""
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
  summary="$summary$(printf '  %-14s %-7s %4d s' "$part" "$outcome" "$seconds")
"
done
printf '\n%s\n%d parts passed, %d failed\n' "$summary" "$passed" "$failed"
[ "$failed" -eq 0 ]
