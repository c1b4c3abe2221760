extension Vocabulary {
    /// Refuses data that a page or a roster could trip over later.
    func check() throws(VocabularyError) {
        try Self.checkKeys(languages.map(\.code), of: "languages.json", Self.isKey)
        try Self.checkKeys(territories.map(\.code), of: "territories", Self.isTerritoryCode)
        try Self.checkKeys(offences.map(\.key), of: "offences.json", Self.isKey)
        try Self.checkKeys(priorities.map(\.key), of: "priorities.json", Self.isKey)
        try checkLanguages()
        for territory in territories {
            let file = "territories/\(territory.code).json"
            try Self.checkLabels(territory.names, of: territory.code, in: file)
            if territory.languages.official.isEmpty {
                throw .illFormed(file: file, key: "official")
            }
            if let exit = territory.exit, !Self.isFrontPage(exit) {
                throw .illFormed(file: file, key: "exit")
            }
            try territory.namesBy.check(territory.names.languages, in: file)
            try Self.checkNumbers(of: territory)
        }
        for offence in offences {
            try Self.checkLabels(offence.labels, of: offence.key, in: "offences.json")
            try Self.checkLabels(offence.plain, of: offence.key, in: "offences.json")
        }
        for priority in priorities {
            try Self.checkLabels(priority.labels, of: priority.key, in: "priorities.json")
        }
        try checkChoices()
        try checkAttributions()
    }

    private func checkAttributions() throws(VocabularyError) {
        let labels = [
            "offences.json": offences.flatMap { [$0.labels, $0.plain] },
            "priorities.json": priorities.map(\.labels), "intake.json": allChoices.map(\.labels),
        ]
        for (file, labels) in labels { try attributions[file]?.check(labels, in: file) }
        let codes = Set(languages.map(\.code))
        try attributions["languages.json"]?.check(codes, in: "languages.json")
    }

    private func checkLanguages() throws(VocabularyError) {
        for code in Self.formLanguages {
            guard let language = language(code) else {
                throw .unlabelled(file: "languages.json", key: code, language: code)
            }
            let isComplete = Self.completeLanguages.contains(code)
            guard isComplete == (language.fallback == nil),
                isComplete || Self.completeLanguages.contains(language.fallback ?? "")
            else { throw .withoutFallback(language: code) }
        }
    }

    private func checkChoices() throws(VocabularyError) {
        for field in IntakeField.allCases where field.answer == .one || field.answer == .several {
            let choices = choices(for: field)
            if choices.isEmpty { throw .withoutChoices(field: field.rawValue) }
            try Self.checkKeys(choices.map(\.key), of: "intake.json", Self.isKey)
            for choice in choices {
                try Self.checkLabels(choice.labels, of: choice.key, in: "intake.json")
            }
        }
    }

    private static func checkKeys(
        _ keys: [String], of file: String, _ isWellFormed: (String) -> Bool
    ) throws(VocabularyError) {
        var seen: Set<String> = []
        for key in keys {
            if !isWellFormed(key) { throw .illFormed(file: file, key: key) }
            if !seen.insert(key).inserted { throw .duplicate(file: file, key: key) }
        }
    }

    private static func checkLabels(
        _ labels: Labels, of key: String, in file: String
    ) throws(VocabularyError) {
        for language in completeLanguages where !labels.languages.contains(language) {
            throw .unlabelled(file: file, key: key, language: language)
        }
    }

    private static func checkNumbers(of territory: Territory) throws(VocabularyError) {
        let file = "territories/\(territory.code).json"
        for number in territory.numbers where !number.hasPlainHours {
            throw .illFormed(file: file, key: number.hours ?? "")
        }
        for number in territory.numbers where number.status == .verified {
            let hasProof = number.source != nil && number.basis == .official
            if !hasProof || number.verifiedOn == nil || number.verifiedBy == nil {
                throw .unsourced(territory: territory.code, number: number.value)
            }
        }
    }

    private static func isKey(_ key: String) -> Bool {
        !key.isEmpty
            && key.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
            }
    }

    /// True of a site's first page over TLS: what comes after the host could tell something.
    private static func isFrontPage(_ address: String) -> Bool {
        address.wholeMatch(of: /https:\/\/[a-z0-9-]+(\.[a-z0-9-]+)+\//) != nil
    }

    private static func isTerritoryCode(_ code: String) -> Bool {
        code.utf8.count == 2 && code.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    }
}
