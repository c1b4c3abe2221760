internal import Envelope
internal import Vocabulary

/// Who may receive a tip, as the reporter chose it (`consent_share`).
///
/// A child's choice binds the desk; only the law goes before it, and then the desk says so in the triage.
public struct Consent: Sendable, Equatable {
    /// What a unit can be for this question; the roster does not say which of them one is.
    public static let receivers = ["police_unit", "child_protection"]

    private let keys: [String]
    /// The choice in plain words; nil if there was none to make, or none was made.
    public let sentence: String?

    init(of document: TipDocument) throws {
        keys = document.consentShare
        let choices = try Vocabulary.load().choices(for: .consentShare)
        let words = keys.map { key in choices.first { $0.key == key }?.labels("en") ?? key }
        let list = words.joined(separator: "; ")
        sentence = list.isEmpty ? nil : "Who may receive it, in the reporter's choice: \(list)."
    }

    /// Whether a unit that is this kind of receiver, or whose kind nobody has said, may receive the tip.
    ///
    /// Who chose nobody beside others, or the helpline alone beside others, is taken at the more careful word.
    func allows(_ receiver: String?) -> Bool {
        guard sentence != nil else { return true }
        guard let receiver else { return false }
        return keys.contains(receiver) && keys.allSatisfy(Self.receivers.contains)
    }
}
