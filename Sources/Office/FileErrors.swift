public import Confinement
internal import Glibc

extension FileError: Explained {
    /// The error in one line.
    public var sentence: String {
        switch self {
        case .missing(let path): "\(path) does not exist."
        case .exists(let path): "\(path) exists already and was left alone."
        case .openToOthers(let path):
            "\(path) can be read by others than its owner: chmod 600 it, and consider it known."
        case .notAFile(let path): "\(path) is not a plain file."
        case .tooLarge(let path, let limit): "\(path) is larger than \(limit) bytes."
        case .system(let path, let call, let errno):
            "\(path): \(Self.words(errno) ?? "\(call): \(SystemError.words(errno))")."
        }
    }

    /// What people can do something about.
    private static func words(_ errno: Int32) -> String? {
        switch errno {
        case EACCES, EPERM: "this user may not do that"
        case ENOSPC, EDQUOT: "the disk is full"
        case EROFS: "the disk can only be read"
        case EIO: "the disk fails"
        case ENOENT: "the folder that it should be in does not exist"
        case ENOTDIR: "a part of the path is no folder"
        default: nil
        }
    }

    /// 77 for a file that others can read, 65 for the rest.
    public var exit: ExitKind {
        switch self {
        case .openToOthers, .exists: .refused
        default: .badInput
        }
    }
}
