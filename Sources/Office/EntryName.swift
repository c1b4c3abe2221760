internal import Notes

/// Names of entries on command lines, in paths and in file names.
public enum EntryName {
    /// base64url without padding of a 32-byte commitment: 43 characters.
    public static func text(_ commitment: [UInt8]) -> String {
        Base64.encodeURL(commitment)
    }

    /// Lower-case hexadecimal, safe as a file name on every system and never starting with a dash.
    public static func file(_ commitment: [UInt8]) -> String {
        Fingerprint.hexadecimal(commitment)
    }
}
