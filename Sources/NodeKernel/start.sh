#!/bin/sh
# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
#
# Starts the Node.js kernel, because Node.js cannot duplicate descriptors: 3 and 4 become the frames from and to the
# server, 1 and 2 pipes that the kernel itself reads as 5 and 6.
# usage: start.sh NODE...
#
# shellcheck disable=SC2094
set -e
folder=$(mktemp -d)
mkfifo "$folder/1" "$folder/2"
# A descriptor for both directions keeps the opening of the other ones from waiting for each other.
exec 3<&0 4>&1 0</dev/null 7<>"$folder/1" 8<>"$folder/2"
exec 5<"$folder/1" 6<"$folder/2" 1>"$folder/1" 2>"$folder/2" 7>&- 8>&-
rm -r "$folder"
exec "$@"
