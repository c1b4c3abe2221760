public import Foundation

/// Reads a file of Tests/Vectors.
///
/// - Throws: what Foundation throws for a file that is not there.
public func vectorFile(_ name: String) throws -> Data {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors").appending(path: name)
    return try Data(contentsOf: file)
}

/// Decodes a JSON file of Tests/Vectors, whose names have underscores; `Data` is base64.
public func vectors<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: vectorFile(name))
}

/// Bytes written as hex in a vector.
public struct HexBytes: Decodable, Sendable {
    /// The bytes.
    public let bytes: [UInt8]

    /// Reads a string of hex digits.
    public init(from decoder: any Decoder) throws {
        bytes = hex(try decoder.singleValueContainer().decode(String.self))
    }
}

/// Bytes written as base64 in a vector.
public struct Base64Bytes: Decodable, Hashable, Sendable {
    /// The bytes.
    public let bytes: [UInt8]

    /// Reads a string of base64.
    public init(from decoder: any Decoder) throws {
        bytes = Array(try decoder.singleValueContainer().decode(Data.self))
    }
}

/// Bytes of a hex string.
public func hex(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count, by: 2).map { place in
        UInt8(String(decoding: digits[place..<(place + 2)], as: UTF8.self), radix: 16) ?? 0
    }
}
