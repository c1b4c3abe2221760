public import Vocabulary

/// What somebody sent with the form, as bytes: it is escaped into the refusal page and dropped, and is never a String.
public struct SubmittedForm: Sendable {
    /// The values of each field in the order sent.
    ///
    /// Files are not kept.
    public var values: [IntakeField: [[UInt8]]]

    /// Makes a form of the fields' values.
    public init(values: [IntakeField: [[UInt8]]] = [:]) {
        self.values = values
    }

    /// The form as it is first shown: nothing chosen but the wish for a receipt.
    static let blank = SubmittedForm(values: [.mailbox: [Array("yes".utf8)]])

    func contains(_ key: String, in field: IntakeField) -> Bool {
        values[field, default: []].contains { $0.elementsEqual(key.utf8) }
    }

    func text(of field: IntakeField) -> [UInt8] {
        values[field]?.first ?? []
    }
}

/// A field that was refused, and why; the page says it in the reader's language beside the field.
public struct FieldProblem: Sendable, Equatable {
    /// The field beside which it is said.
    public var field: IntakeField
    /// Why.
    public var reason: Reason

    /// Names a field and the reason.
    public init(_ field: IntakeField, _ reason: Reason) {
        self.field = field
        self.reason = reason
    }

    /// Why a field is refused.
    ///
    /// The raw value is the end of the catalogue's key.
    public enum Reason: String, Sendable, CaseIterable {
        /// It needs an answer.
        case missing
        /// More characters than the field takes.
        case tooLong = "too_long"
        /// More lines, choices or files than the field takes.
        case tooMany = "too_many"
        /// Control characters, bidirectional overrides, or bytes that are not UTF-8.
        case characters
        /// An answer that is not one of those offered.
        case unknown
        /// No desk reads what is sent for the chosen place.
        case noDesk = "no_desk"
        /// The chosen State takes no files.
        case filesNotHere = "files_not_here"
        /// The files are more bytes than allowed.
        case filesTooLarge = "files_too_large"
    }
}
