// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    private static let filePath = sandboxesPath + "/{id}/files/{path...}"
    private static let archivePath = sandboxesPath + "/{id}/archive"

    static let files: [Route] = [
        Route(
            .getFile, .get, filePath, tag: "files",
            "Read a file of a stateful sandbox, or list or watch a folder; the type of the answer depends on the query",
            access: .scope(.sandboxRead), query: FileView.parameters,
            success: .bytes().orEvents(orJSON: FileList.schema)
        ).or(.bytes(status: 206), .notModified).withSignedLinks,
        Route(
            .putFile, .put, filePath, tag: "files",
            "Write a file of a stateful sandbox; the old file stays until the end",
            access: .scope(.sandboxWrite), query: FileWriteQuery.parameters, takesBytes: true, success: .created
        ).or(.empty).withSignedLinks,
        Route(
            .deleteFile, .delete, filePath, tag: "files", "Remove a file or folder of a stateful sandbox",
            access: .scope(.sandboxWrite), query: FileDeleteQuery.parameters, success: .empty),
        Route(
            .changeFile, .post, filePath, tag: "files",
            "Create a folder in a stateful sandbox, move a file or folder, or make a signed URL for a file",
            access: .scope(.sandboxWrite), query: FileChange.parameters, success: .empty
        ).or(.json(FileLink.schema), .created),
        Route(
            .getArchive, .get, archivePath, tag: "files", "Read a folder of a stateful sandbox as a tar archive",
            access: .scope(.sandboxRead), query: ArchiveQuery.parameters,
            success: .bytes(contentType: "application/x-tar")),
        Route(
            .putArchive, .put, archivePath, tag: "files", "Unpack a tar archive into a folder of a stateful sandbox",
            access: .scope(.sandboxWrite), query: ArchiveQuery.writeParameters, takesBytes: true,
            success: .json(UnpackedArchive.schema)),
    ]
}
