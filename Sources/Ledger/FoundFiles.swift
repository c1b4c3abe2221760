import Foundation

/// A ledger's files as an earlier process left them, made durable before anything is built on them.
///
/// What is read from the write-ahead log may be in the kernel's memory only: whoever wrote it may have died before its
/// fsync, or the fsync failed, after which the kernel takes the pages for clean and no later fsync writes them. Therefore
/// every byte of it is written once more where it lies, and synced: from then on what is read is what a power cut leaves.
/// A page of the database that did not get there lies in that log as well, and comes from it.
enum FoundFiles {
    private static let pieceBytes = 1 << 20

    /// - Parameter path: the database, which nobody has open: closing a file gives up the process's locks on it.
    static func makeDurable(_ path: String) throws(LedgerError) {
        do {
            try update(path + "-wal") { try rewrite($0) }
            try update(path) { _ in }
        } catch {
            throw Self.translate(error)
        }
    }

    /// Changes a file, if it is there, and syncs it.
    private static func update(_ path: String, _ change: (FileHandle) throws -> Void) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let file = try FileHandle(forUpdating: URL(filePath: path))
        defer { try? file.close() }
        try change(file)
        try file.synchronize()
    }

    private static func rewrite(_ file: FileHandle) throws {
        var offset: UInt64 = 0
        while let piece = try file.read(upToCount: pieceBytes), !piece.isEmpty {
            try file.seek(toOffset: offset)
            try file.write(contentsOf: piece)
            offset += UInt64(piece.count)
        }
    }

    private static func translate(_ error: any Error) -> LedgerError {
        switch (error as? CocoaError)?.code {
        case .fileWriteOutOfSpace?: .full
        case .fileReadNoPermission?, .fileWriteNoPermission?:
            .unavailable("no permission to write the ledger's files")
        case let code:
            .fatal("what was found could not be made durable (\(code?.rawValue ?? 0))")
        }
    }
}
