# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# Shell: pipes, process substitution, here documents, traps, job control, arrays, coprocesses, common tools.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"; echo trapped' EXIT
cd "$work"
seq 1 1000 | sort -rn | head -3 | paste -sd,
diff <(echo same) <(echo same) && echo "substitution"
cat <<END > file
here $((6 * 7))
END
cat file
(sleep 0.01; echo background) & wait
coproc cat
echo "coprocess" >&"${COPROC[1]}"
read -r line <&"${COPROC[0]}" && echo "$line"
exec {COPROC[1]}>&-
declare -A map=([a]=1 [b]=2); echo "${#map[@]} ${map[b]}"
mkdir -p a/b && touch a/b/{1..5} && find a -type f | wc -l
tar cf - a | tar tf - | wc -l
printf 'b\na\n' | awk '{print NR, $0}' | sed 's/ /:/'
echo text | gzip | gunzip | tr a-z A-Z
(kill -TERM $BASHPID) || echo "status $?"
timeout 0.05 sleep 5 || echo "timeout $?"
flock file -c 'echo locked'
echo "x" | xargs -P4 -I{} echo "xargs {}"
[ "$(sha256sum < file | cut -c1-8)" ] && stat -c %s file
ulimit -n 100 && ulimit -n
