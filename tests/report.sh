#!/usr/bin/env bash
# How ./test reads results and what it says in the end. Sourced. Results are lines of four fields between tabs:
# outcome (Passed, Failed, NotExecuted), seconds, name, reason.

# trx_rows FILE: outcome, seconds, name and reason of each test, separated by tabs.
trx_rows() {
    [[ -e $1 ]] || return 0
    awk '
        function plain(text) {
            gsub(/&#x[0-9a-fA-F]+;/, " ", text); gsub(/&quot;/, "\"", text); gsub(/&lt;/, "<", text)
            gsub(/&gt;/, ">", text); gsub(/&apos;/, "\047", text); gsub(/&amp;/, "\\&", text)
            gsub(/[\t\r]/, " ", text); return text
        }
        function attribute(key,    from) {
            if (!match($0, " " key "=\"[^\"]*\"")) return ""
            from = RSTART + length(key) + 3
            return plain(substr($0, from, RLENGTH - length(key) - 4))
        }
        function flush() { if (outcome) printf "%s\t%s\t%s\t%s\n", outcome, seconds, name, reason; outcome = "" }
        /<UnitTestResult / {
            flush(); outcome = attribute("outcome"); name = attribute("testName"); reason = ""
            split(attribute("duration"), t, ":"); seconds = t[1] * 3600 + t[2] * 60 + t[3]
        }
        /<Message>/ && outcome && !reason {
            reason = $0; sub(/.*<Message>/, "", reason); sub(/<\/Message>.*/, "", reason); reason = plain(reason)
        }
        /<\/Results>/ { flush() }
    ' "$1"
}

# trx_said FILE: what the tests themselves said, such as counts and rates, two blanks before each line.
trx_said() {
    [[ -e $1 ]] || return 0
    awk '
        function plain(text) {
            gsub(/&#x[0-9a-fA-F]+;/, "", text); gsub(/&quot;/, "\"", text); gsub(/&lt;/, "<", text)
            gsub(/&gt;/, ">", text); gsub(/&apos;/, "\047", text); gsub(/&amp;/, "\\&", text); return text
        }
        /<\/Results>/ { exit }
        /<StdOut>/ { said = 1; sub(/.*<StdOut>/, "") }
        said { line = $0; sub(/<\/StdOut>.*/, "", line); if (line != "") print "  " plain(line) }
        /<\/StdOut>/ { said = 0 }
    ' "$1"
}

count_rows() {
    cat "$@" | awk -F '\t' '
        $1 == "Passed" { passed++; next }
        $1 == "NotExecuted" { skipped++; next }
        { failed++ }
        END { print passed + 0, failed + 0, skipped + 0 }'
}

# A skip is a hole in the net: where CI is to judge, each one has to be named beforehand.
allowed_skips=${allowed_skips:-$(dirname -- "${BASH_SOURCE[0]}")/allowed-skips}
forbidden_skips() {
    [[ ${CI:-} == true ]] || return 0
    awk -F '\t' '$1 == "NotExecuted" { print $3 }' "$@" | while IFS= read -r skipped; do
        grep -vE '^(#|$)' "$allowed_skips" | sed 's/  *#  *.*//' | grep -qxF -- "$skipped" || printf '%s\n' "$skipped"
    done
}

# summary FILE.tsv...: the closing words of a run; fails if a test failed, if none passed, or on a skip that CI forbids.
summary() {
    local passed failed skipped unnamed
    printf '\nThe ten slowest\n'
    sort -t $'\t' -k 2,2 -g -r "$@" | awk -F '\t' 'NR <= 10 { printf "%8.1f s  %s\n", $2, $3 }'
    read -r passed failed skipped < <(count_rows "$@")
    if [[ $skipped -gt 0 ]]; then
        printf '\nSkipped\n'
        awk -F '\t' '$1 == "NotExecuted" { printf "  %s: %s\n", $3, $4 }' "$@" | sort
    fi
    if [[ $failed -gt 0 ]]; then
        printf '\nFailed\n'
        awk -F '\t' '$1 != "Passed" && $1 != "NotExecuted" { printf "  %s\n", $3 }' "$@" | sort
    fi
    unnamed=$(forbidden_skips "$@")
    if [[ -n $unnamed ]]; then
        printf '\nSkips that tests/allowed-skips does not name, which CI counts as failures\n%s\n' "$unnamed"
        failed=$((failed + $(wc -l <<< "$unnamed")))
        skipped=$((skipped - $(wc -l <<< "$unnamed")))
    fi
    printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [[ $failed -eq 0 && $passed -gt 0 ]]
}
