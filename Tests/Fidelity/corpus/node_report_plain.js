// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const report = process.report.getReport();
console.log(Object.keys(report).join(), report.header.cwd, report.header.nodejsVersion, report.environmentVariables);
