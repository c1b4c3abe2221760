import Envelope
import Foundation
import TestSupport

/// What the vault's seal of one tip costs: S wrapped in X-Wing and X25519, the stream, the hashes.
enum SealMeasure {
    private static let seconds = 1.5
    /// An envelope without attachments.
    private static let envelope = [UInt8](repeating: 7, count: EnvelopeLimits.fixedEnvelopeBytes)

    /// Seals to a desk's two `seal` lines, as the roster has them.
    static func run(x25519: String, xwing: String) throws {
        let keys = try SealKeys(
            x25519: KeyLine(parsing: x25519), xwing: KeyLine(parsing: xwing))
        let start = clock()
        var count = 0
        while Double(clock() - start) / Double(CLOCKS_PER_SEC) < seconds {
            _ = try SealedBodyWriter(deskSequence: 1, to: keys).sealAll(envelope)
            count += 1
        }
        let spent = Double(clock() - start) / Double(CLOCKS_PER_SEC)
        print("{\"seals_per_cpu_s\": \(Double(count) / spent)}")
    }
}
