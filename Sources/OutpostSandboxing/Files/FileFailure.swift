// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux

extension OutpostError {
    /// The error for a failed system call on a file or port.
    ///
    /// - Parameters:
    ///   - errno: the number of errno(3).
    ///   - subject: the path or the port.
    public init(fileErrno errno: Int32, _ subject: String) {
        let (code, text): (ErrorCode, ErrorText) =
            switch errno {
            case SystemError.notFound, SystemError.notADirectory: (.notFound, "\(subject) does not exist")
            case SystemError.accessDenied: (.forbidden, "the sandbox's user may not do this at \(subject) (EACCES)")
            case SystemError.notPermitted: (.forbidden, "the sandbox's user may not do this at \(subject) (EPERM)")
            case SystemError.readOnlyFileSystem: (.forbidden, "\(subject) is read-only (EROFS)")
            case SystemError.isADirectory: (.conflict, "\(subject) is a folder (EISDIR)")
            case SystemError.exists: (.conflict, "\(subject) exists (EEXIST)")
            case SystemError.notEmpty: (.conflict, "\(subject) is not empty (ENOTEMPTY)")
            case SystemError.busy: (.conflict, "\(subject) is in use (EBUSY)")
            case SystemError.otherDevice: (.conflict, "\(subject) is on another file system (EXDEV)")
            case SystemError.textBusy: (.conflict, "\(subject) is a program that runs (ETXTBSY)")
            case SystemError.invalid: (.conflict, "\(subject) has the wrong type or place for this call (EINVAL)")
            case SystemError.nameTooLong: (.invalidRequest, "\(subject) is too long for a path (ENAMETOOLONG)")
            case SystemError.tooManyLinks: (.invalidRequest, "\(subject) has too many links (ELOOP)")
            case SystemError.noSpace, SystemError.quotaExceeded:
                (.insufficientStorage, "the sandbox's disk is full (ENOSPC)")
            case SystemError.fileTooLarge:
                (.insufficientStorage, "\(subject) is larger than the sandbox allows (EFBIG)")
            case SystemError.connectionRefused: (.unavailable, "nothing listens at \(subject)")
            default: (.internal, "the sandbox's worker failed at \(subject)")
            }
        self.init(code, text, cause: SystemError("work with \(subject)", number: errno))
    }
}
