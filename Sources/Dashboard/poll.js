// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/** Waits, or until `signal` aborts. */
export function pause(milliseconds, signal) {
    return new Promise(resolve => {
        const timer = setTimeout(done, milliseconds);
        function done() {
            clearTimeout(timer);
            signal.removeEventListener("abort", done);
            resolve();
        }
        signal.addEventListener("abort", done);
    });
}

/**
 * Calls `task` at once and then every `period` milliseconds while the page is visible, until `signal` aborts or the
 * task returns false. After a failure it waits longer each time, up to half a minute.
 *
 * @param onFailure gets the error of each failure, and null after the first success.
 */
export async function poll(api, period, signal, task, onFailure = () => {}) {
    // A token with a small plan may not use up its calls for this page: at most a sixth for each poll.
    const pace = () => Math.max(period, 6 * 60_000 / api.callsPerMinute);
    let failures = 0;
    while (!signal.aborted) {
        let wait = pace();
        if (document.visibilityState === "visible") {
            try {
                if (await task() === false) return;
                if (failures > 0) onFailure(null);
                failures = 0;
            } catch (error) {
                if (signal.aborted) return;
                failures += 1;
                onFailure(error);
                wait = Math.max(wait * Math.min(2 ** failures, 16), (error.retryAfter ?? 0) * 1000);
                wait = Math.min(wait, Math.max(30_000, pace()));
            }
        }
        await pause(wait, signal);
    }
}
