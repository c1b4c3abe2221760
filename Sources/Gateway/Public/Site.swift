import Crypto
import Foundation
import NIOCore
import NIOPosix
import Roster
public import ServiceLifecycle
import Synchronization
import Vault
public import Vocabulary

/// What the pages need that the roster does not say.
public struct PageConfiguration: Sendable {
    /// The States whose form takes attachments.
    public var statesWithAttachments: Set<String>
    /// The sum of a tip's attachments, in bytes.
    public var attachmentBytesMax: Int
    /// Where catalogues, templates and vocabulary were read from, before the edge gave up its files.
    public var source: PageSource
    /// The OpenAPI document as served.
    public var openAPI: [UInt8]

    /// Reads the resources; call it while files can still be read.
    public init(statesWithAttachments: Set<String>, attachmentBytesMax: Int) throws {
        self.statesWithAttachments = statesWithAttachments
        self.attachmentBytesMax = attachmentBytesMax
        source = try PageSource.load()
        openAPI = try Self.openAPIDocument()
    }
}
