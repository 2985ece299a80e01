// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the first version of the documents wrote of `Execution.full`. Never made anew.
let executionOfVersion1 = #"""
    {"compile":{"cached":true,"durationMilliseconds":7.5,"exitCode":1,"stderr":{"bytes":{"text":"\u0002"},\#
    "headCount":1,"total":3},"stdout":{"bytes":{"text":"\u0001"},"headCount":1,"total":1}},"completedAt":2,\#
    "cpuTimeMilliseconds":0.123456789,"durationMilliseconds":1.25,"exitCode":3,"id":"exec_000000000001",\#
    "limit":"cpu","memoryPeakBytes":4096,"message":"why","output":[{"bytes":{"text":"a"},"stream":"stdout"},\#
    {"bytes":{"base64":"/wA="},"stream":"stderr"}],"sandboxID":"sbx_000000000002","signal":"SIGKILL",\#
    "startedAt":1,"status":"timed_out","stderr":{"bytes":{"base64":"/wA="},"headCount":2,"total":2},\#
    "stdout":{"bytes":{"base64":"YcM="},"headCount":1,"total":9},"tests":[{"cpuTimeMilliseconds":6,\#
    "durationMilliseconds":5,"exitCode":4,"limit":"wall","memoryPeakBytes":7,"message":"said","signal":"SIGTERM",\#
    "stderr":{"bytes":{"text":"\u0004"},"headCount":1,"total":1},"stdout":{"bytes":{"text":"\u0003"},\#
    "headCount":1,"total":1},"verdict":"time_limit_exceeded"}],"version":1}
    """#

/// What it wrote of `JobRequest.full`. Never made anew.
let jobOfVersion1 = #"""
    {"callbackURL":"https://example.com/hook?token=s3cret%2F&a=é","execution":{"arguments":["a"],\#
    "concurrent":true,"cpuTimeMilliseconds":2,"environment":[{"name":"A","value":"1"}],\#
    "files":[{"content":{"base64":"/g=="},"mode":448,"path":"x"}],"interleaved":true,\#
    "judge":{"checker":{"code":"true","files":[{"content":{"text":"\u0001"},"mode":420,"path":"y"}],\#
    "language":"bash"},"comparison":{"name":"numbers","tolerance":1e-09},"interactor":{"code":"0",\#
    "files":[{"content":{"text":"\u0002"},"mode":493,"path":"z"}],"language":"node"},"stopsOnFailure":true,\#
    "tests":[{"arguments":["b"],"expectedStdout":"c","memoryLimitMiB":12,"stdin":{"base64":"/Q=="},\#
    "timeLimitMilliseconds":10,"wallTimeLimitMilliseconds":11}]},"limits":{"cpuCores":0.1,"diskMiB":5,\#
    "maxFileBytes":9,"maxOutputBytes":7,"maxProcesses":6,"memoryMiB":3,"stackMiB":8,"timeoutMilliseconds":4},\#
    "outputKeep":"head","program":{"code":"print()","language":"python"},"stdin":{"base64":"/wA="},\#
    "timeoutMilliseconds":1,"workingDirectory":"/tmp"},"language":"python","maxAttempts":10,"priority":-100,\#
    "sandboxID":"sbx_000000000003","security":{"isolation":"gvisor","preset":"strict","seccompEnabled":true,\#
    "user":{"gid":2,"home":"/u","name":"u","uid":1}},"version":1}
    """#
