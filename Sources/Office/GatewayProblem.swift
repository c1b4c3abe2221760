internal import FoundationEssentials

/// Why the gateway did not do what was asked.
public enum GatewayProblem: Explained, Equatable {
    /// No answer: the network, the name, TLS, or a time limit.
    case unreachable(base: String, reason: String)
    /// An answer above the size that the request can have.
    case answerTooLong
    /// An answer that is not of the form the interface gives.
    case malformedAnswer(what: String)
    /// A problem document (RFC 9457): the last part of its type, its title, and the HTTP status.
    case said(slug: String, title: String, status: Int)
    /// The report's number is not the next one of this office to that unit, which the gateway names.
    case numberGap(expected: UInt64)
    /// The request was signed for another time than the gateway's, which is this in Unix seconds.
    case stale(time: UInt64)

    /// Reads an answer that is not the one hoped for.
    public init(_ response: WireResponse) {
        struct Document: Decodable {
            let type: String?
            let title: String?
            let expected: UInt64?
            let time: UInt64?
        }
        let document =
            response.contentType == "application/problem+json"
            ? try? JSONDecoder().decode(Document.self, from: Data(response.body)) : nil
        let slug = document?.type?.split(separator: "/").last.map(String.init) ?? ""
        self =
            switch (slug, document?.expected, document?.time) {
            case ("number-gap", let expected?, _): .numberGap(expected: expected)
            case ("stale", _, let time?): .stale(time: time)
            default:
                .said(
                    slug: String(slug.prefix(64)),
                    title: String((document?.title ?? "no further word").prefix(200)),
                    status: response.status)
            }
    }

    /// The problem in one line.
    public var sentence: String {
        switch self {
        case .unreachable(let base, let reason): "\(base) cannot be reached: \(reason)"
        case .answerTooLong: "The gateway's answer is longer than it may be."
        case .malformedAnswer(let what): "The gateway's answer is malformed: \(what)"
        case .said(let slug, let title, let status):
            "The gateway says \(status) \(slug.isEmpty ? "" : "(\(slug)) ")\(title)"
        case .numberGap(let expected):
            "The gateway takes no other number for this report than \(expected)."
        case .stale(let time):
            "The gateway's clock shows \(time) (Unix seconds): set this computer's clock, or tell its operator."
        }
    }

    /// 69 for what may pass, 77 for what is forbidden, 65 for the rest.
    public var exit: ExitKind {
        switch self {
        case .unreachable: .unreachable
        case .answerTooLong, .malformedAnswer, .numberGap: .badInput
        case .stale: .refused
        case .said(_, _, let status):
            switch status {
            case 401, 403: .refused
            case 408, 425, 429, 500...599: .unreachable
            default: .badInput
            }
        }
    }

    /// True if the gateway said that it does not take this, now or later.
    public var isRefusal: Bool {
        if case .said = self { exit != .unreachable } else { false }
    }

    /// True if it proves that what was sent is not in the log and never will be: its number is another's, or it is
    /// malformed or too long.
    ///
    /// Any other refusal says only what is so now.
    public var provesNotAppended: Bool {
        switch self {
        case .numberGap: true
        case .said(let slug, _, _): ["malformed", "too-large"].contains(slug)
        default: false
        }
    }

    /// True if the gateway said that there is no such thing.
    public var isNotFound: Bool {
        if case .said(_, _, 404) = self { true } else { false }
    }
}
