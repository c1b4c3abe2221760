import Foundation
import Testing

@testable import Confinement

@Suite struct FolderLockTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "lock-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    @Test func aFolderIsLockedAsLongAsACopyOfTheDescriptorIsOpen() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var copy: CInt = -1
        do {
            let lock = try FolderLock.take(folder.path)
            copy = dup(lock?.number ?? -1)
            #expect(copy >= 0)
            #expect(try FolderLock.take(folder.path) == nil)
        }
        // As with a vault that outlives its supervisor.
        #expect(try FolderLock.take(folder.path) == nil)
        close(copy)
        #expect(try FolderLock.take(folder.path) != nil)
    }

    @Test func whatIsNoFolderIsAnErrorOfItsOwn() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "file").path
        try Data().write(to: URL(filePath: file))
        for path in [file, folder.appending(path: "absent").path] {
            #expect(throws: ConfinementError.self) { _ = try FolderLock.take(path) }
        }
    }
}
