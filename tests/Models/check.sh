#!/usr/bin/env bash
# Explores tests/Models/leases.pml exhaustively with Spin (Debian package spin; a C compiler), fault by fault, and sees that each mutant of
# it is caught. Prints the states explored and the mutants caught; fails if a rule is broken, a mutant is not caught, or an exploration was
# not complete. Takes a minute or two and some 500 MB of memory.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for tool in spin gcc; do
    command -v "$tool" > /dev/null || { echo "check.sh: $tool is missing (apt-get install $tool)" >&2; exit 2; }
done

# Builds and runs the model under some definitions; the verifier's report is in $work/report.
explore() {
    rm -f pan* ./*.trail report
    spin "${@/#/-D}" -a "$here/leases.pml" > spin.log || { cat spin.log >&2; exit 2; }
    gcc -O2 -w -DSAFETY -DNOREDUCE -DMEMLIM=2000 -o pan pan.c
    ./pan -m2000000 -w22 -n > report 2>&1 || true
}

states() { sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' report | head -1; }

failed=0
total=0

echo "explored, every state that can be reached:"
while read -r faults; do
    # shellcheck disable=SC2086 # a list of definitions
    explore $faults
    count=$(printf '%.0f' "$(states)")
    total=$((total + count))
    if grep -q 'errors: 0' report && ! grep -qE 'max search depth too small|out of memory|error:' report; then
        printf '  %-24s %12d states, the invariant holds in each\n' "${faults:-messages}" "$count"
    else
        printf '  %-24s NOT PROVED\n' "${faults:-messages}"
        head -20 report
        failed=1
    fi
done << 'END'
REFUND
RESET REFUND
CHANGE
HANDOVER
CRASH
TWO ONE
END

echo "mutants, each of which has to break it:"
caught=0
mutants=0
while read -r mutant faults; do
    # shellcheck disable=SC2086 # a list of definitions
    explore "MUTANT_$mutant" $faults
    mutants=$((mutants + 1))
    if grep -q 'assertion violated' report; then
        caught=$((caught + 1))
        printf '  %-28s caught (%s)\n' "$mutant" "${faults:-messages}"
    else
        printf '  %-28s NOT CAUGHT (%s)\n' "$mutant" "${faults:-messages}"
        failed=1
    fi
done << 'END'
COUNTED_FROM_RECEIPT
COUNTED_FROM_ASKING_AGAIN
NO_MARGIN
FREED_EARLY
NOT_DEBITED
NO_CAP
EXPIRED_GIVEN_BACK
RETURNED_IN_FULL
RETURNED_TWICE
SPENT_AFTER_RETURN
HEARD_TWICE
REFUND_FILLS REFUND
RESET_FORGETS RESET
NOT_CLOSED HANDOVER
NOT_CLOSED CHANGE
RESTORED_WITHOUT_LEVEL CRASH
MERGED_NOT_CUT TWO
MERGED_WITHOUT_THE_OTHERS TWO ONE
END

echo "$total states explored, $caught of $mutants mutants caught"
exit "$failed"
