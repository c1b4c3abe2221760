import Foundation
import Notes
import TestSupport

/// The part of `resguardo-notes.json` that these tests read.
struct NoteVectors: Decodable {
    let origin: String
    let keys: [String: Key]
    let accepted: [Accepted]
    let acceptedSignatures: [Signed]
    let refusedNotes: [Refused]
    let refusedTexts: [RefusedText]
    let refusedVkeys: [RefusedKey]
    let published: Published
    let jcs: JCS

    struct Key: Decodable {
        let name: String
        let seed: Data
        let vkey: String
    }

    struct Accepted: Decodable {
        let fields: Fields
        let note: String
        let noteSha256: Data
        let signer: String
        let type: String
    }

    struct Fields: Decodable {
        var commitment: Data?
        var tick: UInt64?
        var bodyHash: Data?
        var method: String?
        var nonce: Data?
        var seconds: UInt64?
        var target: String?
        var commitR: Data?
        var number: UInt64?
        var tip: Data?
        var triageHash: Data?
        var wraps: [Wrap]?
        var outcome: String?
        var reportHash: Data?
        var deskSeq: UInt64?
        var keyId: Data?

        struct Wrap: Decodable {
            let keyId: Data
            let wrap: Data
        }
    }

    struct Signed: Decodable {
        let name: String
        let note: String
        let signedBy: Int
        let vkeys: [String]
    }

    struct Refused: Decodable {
        let name: String
        let expect: String
        let note: String
        let type: String
        let vkeys: [String]
    }

    struct RefusedText: Decodable {
        let name: String
        let expect: String
        let text: String
        let type: String
    }

    struct RefusedKey: Decodable {
        let name: String
        let vkey: String
    }

    struct Published: Decodable {
        let note: String
        let vkey: String
    }

    struct JCS: Decodable {
        let accepted: [Pair]
        let refused: [RefusedJSON]

        struct Pair: Decodable {
            let jcs: String
            let json: String
        }

        struct RefusedJSON: Decodable {
            let name: String
            let json: String
        }
    }

    static func load() throws -> NoteVectors {
        try vectors("resguardo-notes.json", as: NoteVectors.self)
    }
}

extension String {
    /// The UTF-8 bytes.
    var bytes: [UInt8] { Array(utf8) }
}
