import Vocabulary

/// The telephone numbers of the pages. Only those that were verified lately are shown as numbers to call.
extension PageContext {
    /// The numbers beside the question about danger, a line each.
    ///
    /// Where the gateway serves one State, those of that State and no other's: whoever is afraid must not call a number
    /// that rings in another country. A place that is chosen has its emergency number beside its name.
    func numbers() throws(PageError) -> [[String: Any]] {
        guard let own else { return try lines(of: sortedTerritories, isWhole: false) }
        return try ownNumbers(of: own)
    }

    /// Every number that may be shown, for the page of advice: those of the one State that the gateway serves, and beside
    /// them the others.
    func allNumbers() throws(PageError) -> (own: [[String: Any]], others: [[String: Any]]) {
        guard let own else {
            return (try lines(of: sortedTerritories, isWhole: true), [])
        }
        let others = sortedTerritories.filter { $0.code != own.code }
        return (try ownNumbers(of: own), try lines(of: others, isWhole: true))
    }

    private var own: Territory? { settings.state.flatMap(source.vocabulary.territory) }

    private func ownNumbers(of territory: Territory) throws(PageError) -> [[String: Any]] {
        try unconfirmed(of: territory) + lines(of: [territory], isWhole: true)
    }

    /// The State's number beside its name, so that whoever chooses it sees that one.
    ///
    /// Where nobody has confirmed one lately, the State's general emergency number is what is left, with a mark of
    /// doubt: the text below says that numbers change, and where to go then. No other number is shown unconfirmed.
    func emergencyNumber(of territory: Territory) -> String {
        if let number = confirmedEmergency(of: territory) { return " · \(number.value)" }
        return territory.numbers.first { $0.kind == .emergency }.map { " · \($0.value) (?)" } ?? ""
    }

    /// The State's emergency number as a line of its own, where nobody has confirmed it lately.
    private func unconfirmed(of territory: Territory) -> [[String: Any]] {
        let number = emergencyNumber(of: territory)
        guard confirmedEmergency(of: territory) == nil, !number.isEmpty else { return [] }
        let words = wording.words(territory.names, source.vocabulary)
        return [["line": words.text + number, "mark": words.mark]]
    }

    private func confirmedEmergency(of territory: Territory) -> TelephoneNumber? {
        territory.numbers.first { $0.kind == .emergency && $0.canBeShown(on: settings.today) }
    }

    /// A line for each group that has numbers which may be shown today.
    private func lines(
        of territories: [Territory], isWhole: Bool
    ) throws(PageError) -> [[String: Any]] {
        var lines: [[String: Any]] = []
        for group in NumberGroup.allCases {
            var shown: [String] = []
            for territory in territories {
                let numbers = territory.numbers.filter {
                    NumberGroup(of: $0.kind) == group && $0.canBeShown(on: settings.today)
                }
                var said: [String] = []
                for number in numbers { said.append(try text(of: number, isWhole)) }
                guard !said.isEmpty else { continue }
                shown.append("\(name(of: territory))\u{A0}\(said.joined(separator: ", "))")
            }
            guard !shown.isEmpty else { continue }
            let words = try wording.words(group.rawValue)
            let line = words.text.replacing("{numbers}", with: shown.joined(separator: " · "))
            lines.append(["line": line, "mark": words.mark])
        }
        return lines
    }

    /// A number, and in brackets how and when it is reached; `isWhole` adds what a page with little room leaves out.
    private func text(of number: TelephoneNumber, _ isWhole: Bool) throws(PageError) -> String {
        var more: [String] = []
        if number.channel == .whatsapp { more.append("WhatsApp") }
        if number.workdays == true { more.append(try wording.words("number_workdays").text) }
        if let hours = number.hours, isWhole || hours != TelephoneNumber.allDay {
            more.append(hours)
        }
        if isWhole, number.free == true { more.append(try wording.words("number_free").text) }
        if isWhole, number.anonymous == true {
            more.append(try wording.words("number_anonymous").text)
        }
        return more.isEmpty ? number.value : "\(number.value) (\(more.joined(separator: ", ")))"
    }
}

/// Numbers that are said together; the raw value is the catalogue's key.
private enum NumberGroup: String, CaseIterable {
    case emergency = "numbers"
    case children = "helplines"
    case others = "number_lines"

    init(of kind: TelephoneNumber.Kind) {
        switch kind {
        case .emergency: self = .emergency
        case .childHelpline: self = .children
        case .report, .trafficking, .policeUnit, .prosecutor, .ngoHotline: self = .others
        }
    }
}
