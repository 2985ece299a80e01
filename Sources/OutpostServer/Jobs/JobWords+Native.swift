// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
public import OutpostJobs

extension JobWords {
    /// As this server answers: a callback has the body that `GET` of the job has.
    public static let native = JobWords(callbackBody: { $0.json.bytes }, message: { $0.fieldMessage })
}
