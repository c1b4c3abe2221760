internal import Crypto
internal import Envelope
internal import FoundationEssentials
internal import Roster

/// The list of desks that a form names by its hash: which key file is whose.
struct DeskList: Sendable {
    /// The hash of each key file by its State.
    let keyFiles: [String: [UInt8]]

    /// Reads lines like `AR:<base64 of the key file's hash>`.
    ///
    /// - Throws: a complaint if they are no such list.
    init(_ bytes: [UInt8]) throws {
        var keyFiles: [String: [UInt8]] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let hash = Data(base64Encoded: String(parts[1])),
                hash.count == 32, keyFiles[String(parts[0])] == nil
            else { throw Complaint(.badInput, "The list of desks cannot be read.") }
            keyFiles[String(parts[0])] = Array(hash)
        }
        self.keyFiles = keyFiles
    }

    /// The key file for a State: its own desk's, or the region's.
    func keyFile(for state: String) -> [UInt8]? {
        keyFiles[state] ?? keyFiles[PublicRoster.region]
    }

    /// The hash of the list that a form names; nil in a page that names none.
    static func hash(namedIn document: [UInt8]) -> [UInt8]? {
        let text = String(decoding: document, as: UTF8.self)
        let name = text.firstMatch(of: /data-keys="([A-Za-z0-9+\/=]{44})"/)
        return name.flatMap { Data(base64Encoded: String($0.output.1)) }.map(Array.init)
    }
}

extension PublicClient {
    /// What a page names by its hash; nil if it is missing or has other bytes.
    func named(_ folder: String, _ hash: [UInt8]) async throws -> [UInt8]? {
        let response = try await document(folder + PagePrint.name(hash), for: .script)
        guard response.status == 200, Array(SHA256.hash(data: response.body)) == hash else {
            return nil
        }
        return response.body
    }

    /// The key that a visitor's page finds for a State: from the form to the list of desks, and from that to a key file.
    ///
    /// - Throws: a complaint at the step that fails, and where the key is not the desk's in the roster.
    func pageKey(
        for state: String, _ suite: EnvelopeSuite, roster: PublicRoster
    ) async throws -> KeyLine {
        let form = try await document("/", for: .person).headers["location"] ?? ""
        guard form.wholeMatch(of: /\/[a-z]{2,3}/) != nil,
            let list = DeskList.hash(namedIn: try await document(form, for: .person).body)
        else { throw Complaint(.badInput, "The gateway shows no form that names its desks.") }
        guard let bytes = try await named("/v1/desks/", list) else {
            throw Complaint(.badInput, "The list of desks that the form names is not served.")
        }
        guard let hash = try DeskList(bytes).keyFile(for: state),
            let file = try await named("/v1/keys/", hash)
        else { throw Complaint(.badInput, "The key file for \(state) is not served.") }
        let lines = String(decoding: file, as: UTF8.self).split(separator: "\n")
        let place = suite == .xwing ? 1 : 0
        let line = try KeyLine(parsing: String(lines.dropFirst(place).first ?? ""))
        guard line.use == suite.keyUse, let (desk, key) = roster.key(line.id),
            desk == roster.desk(for: state), key.state != .revoked
        else {
            throw Complaint(.badInput, "The page's key for \(state) is not the roster's.")
        }
        return line
    }
}
