/// What a form's body says, piece by piece.
///
/// Values stay bytes: text that became a String would leave copies that nothing wipes (design.md
/// §6).
enum FormEvent: Equatable {
    /// A field with its whole value.
    case field(name: String, value: [UInt8])
    /// A file begins; its name and type are the sender's claims.
    case fileBegan(name: [UInt8], type: [UInt8])
    /// Bytes of the file.
    case filePiece([UInt8])
    /// The file is complete.
    case fileEnded
}

/// Why a form's body cannot be read.
enum FormError: Error, Equatable {
    /// Not in its content type's format, or cut off.
    case malformed
    /// More fields, files or bytes than `FormLimits`.
    case tooLarge
}

/// Limits of a form's body.
enum FormLimits {
    /// One field's value, in bytes: far more than 4,000 characters, so that a text that is too long comes back whole, with
    /// that said beside it.
    static let valueBytesMax = 96 << 10
    /// All values of a form together, in bytes.
    static let valuesBytesMax = 192 << 10
    /// Bytes of files beyond the limit that are read and passed over: a browser shows no answer before it has sent all.
    static let passedOverBytesMax = 1 << 30
    /// A field's name, in bytes.
    static let nameBytesMax = 64
    /// A file's name or type as claimed, in bytes.
    static let claimBytesMax = 255
    /// Fields and files together.
    static let partsMax = 96
    /// A form without files, in bytes, percent-encoding included.
    static let urlencodedBytesMax = 96 << 10
    /// The headers of one part, in bytes.
    static let partHeaderBytesMax = 4 << 10
    /// A boundary, in bytes (RFC 2046 §5.1.1).
    static let boundaryBytesMax = 70
}
