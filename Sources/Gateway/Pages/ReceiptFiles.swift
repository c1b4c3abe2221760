import Crypto
import Envelope
import Foundation
import Vocabulary

/// The word lists of receipts: as the edge reads and writes receipts with them, and as files that the page fetches.
struct ReceiptFiles: Sendable {
    /// One language's list as a file.
    struct File: Sendable {
        let language: String
        let bytes: [UInt8]
        /// SHA-256 of the bytes, 32 bytes: in the path `/words/{hash}` and in the page.
        let hash: [UInt8]

        /// Where the page fetches it.
        var address: String { "/words/\(hash.hex)" }
    }

    let lists: ReceiptLists
    let files: [File]

    /// Reads every list; opens files, so it comes before a process confines itself.
    static func load() throws -> ReceiptFiles {
        let lists = try WordList.load()
        return ReceiptFiles(
            lists: ReceiptLists(
                try lists.map { ($0.language, try ReceiptWords($0.words)) }),
            files: lists.map { list in
                let bytes = Array(list.file)
                return File(
                    language: list.language, bytes: bytes, hash: Array(SHA256.hash(data: bytes)))
            })
    }

    /// The list that receipts of a language are written with; nil if they are written in digits.
    func file(of language: String) -> File? { files.first { $0.language == language } }

    /// The hashes in base64, a language's own list first: most receipts come back in the language they were given in.
    func hashes(first language: String) -> String {
        let own = files.filter { $0.language == language }
        return (own + files.filter { $0.language != language })
            .map { Data($0.hash).base64EncodedString() }.joined(separator: " ")
    }
}
