// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const { constants, version } = process;
console.log(version, process.release.name, process.config.variables.v8_enable_i18n_support, process.features, constants);
console.log(process.cwd(), process.umask(), process.getuid(), process.getgid(), process.getgroups(), process.stdin.fd);
console.log(process.allowedNodeEnvironmentFlags.size, process.debugPort, process.sourceMapsEnabled, process.domain);
console.log(process.getActiveResourcesInfo(), process._getActiveHandles().length, process._getActiveRequests().length);
