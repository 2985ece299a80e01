// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const report = process.report.getReport();
console.log(report.header.commandLine, Object.keys(report.header).join(), report.javascriptStack.message, report.workers);
