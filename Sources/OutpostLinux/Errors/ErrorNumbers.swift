// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Names for the errno values that the code above OutpostLinux compares.
extension SystemError {
    public static let notFound = ENOENT
    public static let accessDenied = EACCES
    public static let notPermitted = EPERM
    public static let notExecutable = ENOEXEC
    public static let argumentsTooLong = E2BIG
    public static let noSpace = ENOSPC
    public static let readOnlyFileSystem = EROFS
    public static let quotaExceeded = EDQUOT
    public static let notADirectory = ENOTDIR
    public static let isADirectory = EISDIR
    public static let busy = EBUSY
    public static let exists = EEXIST
    public static let invalid = EINVAL
    public static let noDevice = ENXIO
    public static let ioError = EIO
    public static let noMemory = ENOMEM
    public static let tryAgain = EAGAIN
    public static let brokenPipe = EPIPE
    public static let connectionReset = ECONNRESET
    public static let timedOut = ETIMEDOUT
    public static let tooManyLinks = ELOOP
    public static let protocolError = EPROTO
    public static let cancelled = ECANCELED
    public static let noData = ENODATA
    public static let tooManyFiles = EMFILE
    public static let messageTooLong = EMSGSIZE
    public static let nameTooLong = ENAMETOOLONG
    public static let notEmpty = ENOTEMPTY
    public static let otherDevice = EXDEV
    public static let connectionRefused = ECONNREFUSED
    public static let textBusy = ETXTBSY
    public static let fileTooLarge = EFBIG
    public static let needsCleaning = EUCLEAN
}

/// Names for the signals that the code above OutpostLinux sends or compares.
public enum SignalNumber {
    public static let hangUp = SIGHUP
    public static let interrupt = SIGINT
    public static let kill = SIGKILL
    public static let terminate = SIGTERM
    public static let abort = SIGABRT
}
