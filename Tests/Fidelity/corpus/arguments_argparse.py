# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"args": ["--bad"]}
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--good")
parser.parse_args()
