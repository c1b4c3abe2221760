internal import Confinement

/// What a home has made and does not know to be in the log yet, a file for each, in the order of their making.
///
/// A file holds the very bytes that are sent, and is there before they are: sent again they are the same entry, however
/// often the answer is lost.
public struct PendingFiles<Pending: Codable>: Sendable {
    private let home: Home

    /// The pending ones of a home.
    public init(_ home: Home) {
        self.home = home
    }

    /// All of them with the numbers of their files, oldest first.
    public func all() throws -> [(number: Int, pending: Pending)] {
        try numbers().map { number in
            guard let pending = try home.load(Self.name(number), as: Pending.self) else {
                throw FileError.missing(path: "\(home.path)/\(Self.name(number))")
            }
            return (number, pending)
        }
    }

    /// Keeps one, durably.
    ///
    /// - Returns: the number of its file.
    public func keep(_ pending: Pending) throws -> Int {
        try home.makeFolder(Self.folder)
        let number = (try numbers().last ?? 0) + 1
        try home.save(Self.name(number), pending)
        return number
    }

    /// Forgets one that is settled.
    public func forget(_ number: Int) throws {
        try home.remove(Self.name(number))
    }

    private static var folder: String { "pending" }
    private static var ending: String { ".json" }

    private static func name(_ number: Int) -> String { "\(folder)/\(number)\(ending)" }

    private func numbers() throws -> [Int] {
        let path = "\(home.path)/\(Self.folder)"
        guard DurableFile.exists(path) else { return [] }
        return try DurableFile.names(in: path).filter { $0.hasSuffix(Self.ending) }
            .compactMap { Int($0.dropLast(Self.ending.count)) }.sorted()
    }
}
