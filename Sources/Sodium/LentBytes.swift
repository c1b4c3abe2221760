public import FoundationEssentials

extension [UInt8] {
    /// Copies what a value lends through a pointer only: such as a derived key that is no secret.
    public init(lentBy value: some ContiguousBytes) {
        self = unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
