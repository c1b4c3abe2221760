import Foundation
import Testing

@testable import Confinement

@Suite struct FolderLockTests {
    private func newFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "lock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A copy of the locked descriptor, the first one being closed; nil if the lock is taken.
    private func copyOfLock(_ path: String) throws -> CInt? {
        guard let lock = try FolderLock.take(path) else { return nil }
        return dup(lock.number)
    }

    /// As with a vault that outlives its supervisor.
    @Test func aFolderIsLockedAsLongAsACopyOfTheDescriptorIsOpen() throws {
        let folder = try newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let copy = try #require(try copyOfLock(folder.path))
        #expect(try copyOfLock(folder.path) == nil)
        close(copy)
        let again = try #require(try copyOfLock(folder.path))
        close(again)
    }

    @Test func whatIsNoFolderIsAnErrorOfItsOwn() throws {
        let folder = try newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "file")
        try Data().write(to: file)
        for path in [file.path, folder.appending(path: "absent").path] {
            #expect(throws: ConfinementError.self) { try copyOfLock(path) }
        }
    }
}
