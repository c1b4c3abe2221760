/// A place that a tip can be about: a State, or a territory that depends on one.
public struct Territory: Sendable, Equatable, Decodable {
    /// ISO 3166-1 alpha-2.
    public let code: String
    /// True of a territory that is not itself a member State of the United Nations.
    public let dependent: Bool
    /// The name in each complete language.
    public let names: Labels
    /// Who wrote the names, by language code.
    public let namesBy: [String: Attribution]
    /// The languages that are spoken there.
    public let languages: Spoken
    /// A page that nobody there wonders at, such as the weather's, for the way out; absent until one is known well.
    public let exit: String?
    /// The telephone numbers known for it, whether or not somebody has verified them.
    public let numbers: [TelephoneNumber]

    /// The code under which a roster lists the desk for every place without a desk of its own.
    public static let region = "region"

    /// Languages as BCP 47 tags.
    public struct Spoken: Sendable, Equatable, Decodable {
        /// The official ones, the most used first.
        public let official: [String]
        /// Others that a form should be offered in when somebody can translate it.
        public let others: [String]

        /// Whether the language is among them, by its code or by a tag that browsers send for it.
        public func include(_ language: Language) -> Bool {
            let names = [language.code] + (language.aliases ?? [])
            return !Set(names).isDisjoint(with: official + others)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case code, dependent, names, languages, exit, numbers
        case namesBy = "names_by"
    }
}

/// A telephone number with the reason to believe it.
///
/// A wrong number is worse than none: only `canBeShown(on:)` decides what a page may print as a number to call. A State's
/// general emergency number, without one that was confirmed, may stand beside the State's name and say that it was not.
public struct TelephoneNumber: Sendable, Equatable, Decodable {
    /// The digits to call.
    public let value: String
    /// What answers there.
    public let kind: Kind
    /// How it is reached; absent for a call.
    public let channel: Channel?
    /// Whether somebody has confirmed it at its source.
    public let status: Status
    /// What kind of source names it.
    public let basis: Basis
    /// When it answers: `24 h`, or times such as `14:00-18:00`, which are read in every language; absent if that is not
    /// known.
    public let hours: String?
    /// True if it answers from Monday to Friday only; absent if that is not known.
    public let workdays: Bool?
    /// True if its source says that a call costs nothing; absent if it says nothing of that.
    public let free: Bool?
    /// True if its source says that whoever calls need not say who they are; absent if it says nothing of that.
    public let anonymous: Bool?
    /// Where it was read; every verified number has one.
    public let source: String?
    /// The year, month or day that the source gives for itself, such as `2025-12`; absent if it gives none.
    public let sourceDate: String?
    /// The day it was written down here.
    public let notedOn: Day
    /// The day it was confirmed; absent unless verified.
    public let verifiedOn: Day?
    /// Who confirmed it; absent unless verified.
    public let verifiedBy: String?

    /// What answers a number.
    public enum Kind: String, Sendable, Decodable {
        case emergency
        case childHelpline = "child_helpline"
        case trafficking
        case report
        case policeUnit = "police_unit"
        case prosecutor
        case ngoHotline = "ngo_hotline"
    }

    /// How a number is reached, where it is not a call.
    public enum Channel: String, Sendable, Decodable {
        case whatsapp
    }

    /// What kind of source names a number.
    public enum Basis: String, Sendable, Decodable {
        /// The office that runs it, or its government.
        case official
        /// Newspapers or others who cite it.
        case press
        /// Nothing that could be read again.
        case unsourced
    }

    /// Whether a number may be believed.
    public enum Status: String, Sendable, Decodable {
        case verified, stale, unverified
    }

    /// What `hours` are of a line that always answers.
    public static let allDay = "24 h"

    /// Whether `hours`, if there are any, are written so that no language is needed to read them.
    var hasPlainHours: Bool {
        guard let hours, hours != Self.allDay else { return true }
        return hours.wholeMatch(of: /([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d/) != nil
    }

    /// How many days a verification lasts.
    public static let verificationDays = 180

    /// True if the number was verified at its source less than 180 days before `today`, and not after it.
    public func canBeShown(on today: Day) -> Bool {
        guard status == .verified, let verifiedOn, verifiedOn <= today else { return false }
        return today.number - verifiedOn.number < Self.verificationDays
    }

    private enum CodingKeys: String, CodingKey {
        case value, kind, channel, status, basis, hours, workdays, free, anonymous, source
        case sourceDate = "source_date"
        case notedOn = "noted_on"
        case verifiedOn = "verified_on"
        case verifiedBy = "verified_by"
    }
}

/// A day of the proleptic Gregorian calendar, without time, zone or locale.
///
/// The confined processes cannot use Foundation's calendars (they open files), and a page needs no more than this.
public struct Day: Sendable, Hashable, Comparable, Decodable {
    /// Days since 1970-01-01.
    public let number: Int

    /// The day that is `number` days after 1970-01-01.
    public init(number: Int) { self.number = number }

    /// Reads `YYYY-MM-DD`; nil for anything else, and for days that do not exist.
    public init?(iso text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D,
            let year = Self.decimal(bytes[0..<4]), let month = Self.decimal(bytes[5..<7]),
            let day = Self.decimal(bytes[8..<10]), (1...12).contains(month),
            (1...Self.length(of: month, in: year)).contains(day)
        else { return nil }
        number = Self.days(year: year, month: month, day: day)
    }

    /// `YYYY-MM-DD`, for the years 0 to 9999.
    public var iso: String {
        // The inverse of `days`: months count from March of a year that begins there.
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Reads the text form from JSON.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let day = Day(iso: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a day: \(text)")
        }
        self = day
    }

    /// True if `left` is before `right`.
    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    private static func decimal(_ bytes: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for byte in bytes {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // Years begin in March here, so that the leap day is the last of its year and months follow one formula.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        return shifted * 365 + leapDays + dayOfYear - 719_468
    }
}
