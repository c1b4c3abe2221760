import Sodium

/// What can go wrong with an envelope, a sealed body, a wrap, a receipt or a reply.
///
/// A failed decryption is one case without detail (`cannotOpen`), so that it cannot serve as an oracle.
public enum EnvelopeError: Error, Equatable, Sendable {
    /// The key line is not exactly of the form that formats §2 gives.
    case malformedKeyLine
    /// A key is for another use than the operation needs.
    case wrongKeyUse(needed: KeyUse, actual: KeyUse)
    /// A seed is not that of the key line it came with.
    case seedIsNotOfKeyLine
    /// The envelope's head or length has not the shape of formats §4.
    case malformedEnvelope
    /// The suite byte names no suite that is known here.
    case unknownSuite(UInt8)
    /// The envelope or wrap names a key that these keys do not hold.
    case notForTheseKeys
    /// The ciphertext, its key or its place in the stream is wrong, or it was altered.
    case cannotOpen
    /// The key opens, but it is not the one that was committed to.
    case commitmentMismatch
    /// The data ends before its last chunk or message.
    case endsEarly
    /// Data follows the last chunk or message.
    case dataAfterLast
    /// The plaintext's frames break the rules of formats §4.
    case badFrames(FrameProblem)
    /// The tip's or the reply's JSON is not as the format says.
    case malformedDocument
    /// These are not the digits or words of a receipt.
    case malformedReceipt
    /// A size or number, named by `what` with its unit, is outside `allowed`.
    case outsideLimit(what: String, allowed: ClosedRange<Int>, actual: Int)
    /// A writer was called out of order.
    case outOfOrder
    /// libsodium or swift-crypto refused to work (memory, start).
    case unavailable
}

/// What is wrong with the frames inside an envelope (formats §4).
public enum FrameProblem: String, Error, Equatable, Sendable {
    /// A frame's kind is not 0, 1, 2 or 3.
    case unknownKind
    /// The plaintext ends inside a frame.
    case cutShort
    /// A byte of the padding is not zero.
    case paddingNotZero
    /// No JSON frame came.
    case documentMissing
    /// A second JSON frame came.
    case documentRepeated
    /// A JSON frame came before the end of an attachment that had begun.
    case documentInsideAttachment
    /// An end-of-attachment frame has a length.
    case endWithLength
    /// An attachment that the JSON does not name.
    case attachmentNotNamed
    /// An attachment that the JSON names did not come whole.
    case attachmentMissing
    /// An attachment has another size or SHA-256 than the JSON says.
    case attachmentDiffers
}

/// Runs a call of `Sodium` and gives its error this module's type.
func fromSodium<R: ~Copyable>(
    _ body: () throws(SodiumError) -> R
) throws(EnvelopeError) -> R {
    do {
        return try body()
    } catch {
        throw error == .cannotOpen ? .cannotOpen : .unavailable
    }
}

/// Throws unless `actual` is within `allowed`; `what` names the quantity and its unit.
func requireLimit(
    _ what: String, _ actual: Int, _ allowed: ClosedRange<Int>
) throws(EnvelopeError) {
    guard allowed.contains(actual) else {
        throw .outsideLimit(what: what, allowed: allowed, actual: actual)
    }
}
