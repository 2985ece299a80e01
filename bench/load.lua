-- SPDX-FileCopyrightText: Outpost Sandboxes contributors
-- SPDX-License-Identifier: Apache-2.0

-- Sends one request over and over and counts the answers that are right: wrk itself counts wrong ones too.
local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(arguments)
    right, wrong, example = 0, 0, ""
    wrk.method = "POST"
    wrk.headers["Authorization"] = "Bearer " .. os.getenv("OUTPOST_BENCH_TOKEN")
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = os.getenv("OUTPOST_BENCH_BODY")
    expected = os.getenv("OUTPOST_BENCH_EXPECTED")
    expected_status = tonumber(os.getenv("OUTPOST_BENCH_STATUS"))
end

function response(status, headers, body)
    if status == expected_status and string.find(body, expected, 1, true) then
        right = right + 1
    else
        wrong = wrong + 1
        example = status .. " " .. string.sub(body, 1, 300)
    end
end

function done(summary, latency, requests)
    local total, failed, one = 0, 0, ""
    for _, thread in ipairs(threads) do
        total = total + thread:get("right")
        failed = failed + thread:get("wrong")
        if thread:get("example") ~= "" then one = thread:get("example") end
    end
    local errors = summary.errors
    failed = failed + errors.connect + errors.read + errors.write + errors.timeout
    io.write(string.format("outpost-bench right=%d wrong=%d seconds=%.6f", total, failed, summary.duration / 1e6))
    for _, percent in ipairs({50, 90, 99, 99.9}) do
        io.write(string.format(" p%s=%.3f", percent, latency:percentile(percent) / 1000))
    end
    io.write("\n", one ~= "" and "outpost-bench example " .. one .. "\n" or "")
end
