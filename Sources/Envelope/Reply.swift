import Sodium

/// A reply from an office to a reporter: HPKE in PSK mode, 4,144 bytes whatever it says (formats §7).
///
/// Only the receipt opens it, and only who has read the tip can make one.
public enum Reply {
    /// Seals a reply's JSON (2 to 4,096 bytes, no zero byte) to the mailbox named in a tip.
    public static func seal(
        _ json: [UInt8], to mailbox: Mailbox
    ) throws(EnvelopeError) -> [UInt8] {
        try requireLimit("reply, bytes", json.count, 2...EnvelopeLimits.replyPlaintextBytes)
        guard !json.contains(0) else { throw .malformedDocument }
        let psk = try SecretBytes.holding(mailbox.psk)
        let (encapsulated, ciphertext) = try HPKEBox.sealWithPSK(
            ZeroPadding.padded(json, toMultipleOf: EnvelopeLimits.replyPlaintextBytes),
            to: mailbox.replyKey, psk: psk, pskID: mailbox.id,
            info: Label.info(Label.reply, mailbox.id))
        return encapsulated + ciphertext
    }

    /// Opens a slot of a mailbox; random filling, and replies to others, are `cannotOpen`.
    public static func open(
        _ blob: [UInt8], keys: borrowing ReceiptKeys
    ) throws(EnvelopeError) -> [UInt8] {
        try requireLimit(
            "reply, bytes", blob.count, EnvelopeLimits.replyBytes...EnvelopeLimits.replyBytes)
        let padded = try HPKEBox.openWithPSK(
            Array(blob.dropFirst(32)), encapsulated: Array(blob.prefix(32)),
            seed: keys.replySecret, psk: keys.psk, pskID: keys.id,
            info: Label.info(Label.reply, keys.id))
        return try ZeroPadding.removed(from: padded)
    }
}
