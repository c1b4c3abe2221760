/// The questions of the form, in the order in which a refusal names them: the page's.
///
/// A raw value is the field's name in the HTML form and its key in a tip's JSON. What is asked, and what must never be asked, follows the trauma-informed minimum: no name, number, address or date
/// of birth of whoever writes, no question that blames, nothing about what a child wore, drank or said before.
public enum IntakeField: String, Sendable, CaseIterable, Hashable {
    case dangerNow = "danger_now"
    case whatHappened = "what_happened"
    case whoAmI = "who_am_i"
    case category
    case whereCountry = "where_country"
    case whereText = "where_text"
    case when
    case whenText = "when_text"
    case online
    case childAgeBand = "child_age_band"
    case childCount = "child_count"
    case childSexOrGender = "child_sex_or_gender"
    case exploiterKnown = "exploiter_known"
    case crossesBorder = "crosses_border"
    case otherCountry = "other_country"
    case stillHappening = "still_happening"
    case attachments
    case mailbox
    case consentShare = "consent_share"
    case safeContactNote = "safe_contact_note"

    /// How the field is answered.
    public var answer: Answer {
        switch self {
        case .dangerNow, .whoAmI, .when, .childAgeBand, .childCount, .childSexOrGender,
            .exploiterKnown, .stillHappening, .crossesBorder:
            .one
        case .category, .consentShare: .several
        case .whereCountry: .territory
        case .whatHappened: .text(scalarsMax: IntakeLimits.whatHappenedScalarsMax)
        case .whereText, .whenText, .otherCountry, .safeContactNote:
            .text(scalarsMax: IntakeLimits.shortTextScalarsMax)
        case .online: .lines(linesMax: IntakeLimits.onlineLinesMax)
        case .mailbox: .wish
        case .attachments: .files
        }
    }

    /// How a question is answered.
    public enum Answer: Sendable, Equatable {
        /// One key of `Vocabulary.choices(for:)`, or none.
        case one
        /// Any number of keys of `Vocabulary.choices(for:)`.
        case several
        /// A territory's code, or nothing for "another country, or I am not sure".
        case territory
        /// Free text of at most so many Unicode scalars.
        case text(scalarsMax: Int)
        /// Free text, one item a line, at most so many lines.
        case lines(linesMax: Int)
        /// Present if the person wishes it; the value is `yes`.
        case wish
        /// Files, where the State allows them.
        case files
    }

    /// True of the question that no tip can do without.
    ///
    /// A tip needs a story too, or else something in `online`; and a child says who may receive it.
    public var isRequired: Bool { self == .dangerNow }
}

/// The limits of what a form may hold; both ways of sending keep them.
public enum IntakeLimits {
    /// Unicode scalars of `what_happened`, after line ends are made one `\n` each.
    public static let whatHappenedScalarsMax = 4_000
    /// Unicode scalars of `where_text`, `when_text`, `other_country` and `safe_contact_note`.
    public static let shortTextScalarsMax = 500
    /// Lines of `online`; empty lines do not count.
    public static let onlineLinesMax = 10
    /// Unicode scalars of one line of `online`.
    public static let onlineLineScalarsMax = 500
    /// Files of one tip.
    public static let attachmentsMax = 16
}
