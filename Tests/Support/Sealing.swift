public import Envelope

extension SealedBodyWriter {
    /// Seals an envelope that is in memory whole: its rows from 1 on.
    public consuming func sealAll(
        _ envelope: [UInt8]
    ) throws(EnvelopeError) -> (messages: [[UInt8]], summary: SealedBodySummary) {
        var messages: [[UInt8]] = []
        var rest = envelope[...]
        repeat {
            let piece = rest.prefix(EnvelopeLimits.chunkBytes)
            rest = rest.dropFirst(piece.count)
            messages.append(try seal(piece, isLast: rest.isEmpty))
        } while !rest.isEmpty
        return (messages, try finish())
    }
}
